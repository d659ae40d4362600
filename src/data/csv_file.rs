//! CSV files of numbers and labels, with or without a header.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ndarray::Array2;

use crate::error::{CsvError, CsvProblem, DataError};

/// The cells of a CSV file. All lines have the same length; blank lines and blanks around cells are ignored.
///
/// ```
/// use seal_nn::data::CsvFile;
/// let file = CsvFile::parse("flowers.csv", b"length,width,kind\n5.1,3.5,a\n4.9,3.0,b\n")?;
/// assert_eq!(file.names(), ["length", "width", "kind"]);
/// assert_eq!(file.texts(file.column("kind")?)?, ["a", "b"]);
/// assert_eq!(file.numbers(&[0, 1])?, ndarray::array![[5.1, 3.5], [4.9, 3.0]]);
/// # Ok::<(), seal_nn::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    path: PathBuf,
    header: Option<Vec<String>>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// The line, counted from 1.
    line: u64,
    cells: Vec<String>,
}

impl CsvFile {
    /// Reads a file.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read; `DataError::Csv` if it is not UTF-8 text, has lines of
    /// different lengths, or has no lines with data.
    pub fn read(path: impl AsRef<Path>) -> Result<CsvFile, DataError> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|source| DataError::ReadFile { path: path.into(), source })?;
        CsvFile::parse(path, &text)
    }

    /// Parses a text; `path` is its name in errors. The first line is a header if none of its cells is a number.
    ///
    /// # Errors
    /// `DataError::Csv` if the text is not UTF-8, has lines of different lengths, or has no lines with data.
    pub fn parse(path: impl Into<PathBuf>, text: &[u8]) -> Result<CsvFile, DataError> {
        let mut file = CsvFile { path: path.into(), header: None, rows: Vec::new() };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // Lines of different lengths are refused here, where their number is known.
            .trim(csv::Trim::All)
            .from_reader(text);
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map(csv::Position::line);
                file.error(line, None, CsvProblem::Unreadable { reason: "the file is not UTF-8 text" })
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let expected = file.rows.first().map_or(record.len(), |first| first.cells.len());
            if record.len() != expected {
                let problem = CsvProblem::Ragged { expected, actual: record.len() };
                return Err(file.error(Some(line), None, problem));
            }
            file.rows.push(Row { line, cells: record.iter().map(str::to_owned).collect() });
        }
        if file.rows.first().is_some_and(Row::is_header) {
            file.header = Some(file.rows.remove(0).cells);
        }
        if file.rows.is_empty() { Err(file.error(None, None, CsvProblem::NoSamples)) } else { Ok(file) }
    }

    /// The number of lines with data.
    pub fn samples(&self) -> usize {
        self.rows.len()
    }

    /// The number of cells per line.
    pub fn columns(&self) -> usize {
        self.rows[0].cells.len()
    }

    /// The names in the header, or `column 1` and so on without a header.
    pub fn names(&self) -> Vec<String> {
        self.header.clone().unwrap_or_else(|| (1..=self.columns()).map(|c| format!("column {c}")).collect())
    }

    /// Whether the file has a header.
    pub fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// The index of a column, given by name or by number from 1.
    ///
    /// # Errors
    /// `CsvProblem::NoColumn` if there is no such column.
    pub fn column(&self, wanted: &str) -> Result<usize, DataError> {
        let known = self.names();
        let named = known.iter().position(|name| name == wanted);
        let numbered = wanted.parse().ok().filter(|number| (1..=known.len()).contains(number));
        named.or(numbered.map(|number: usize| number - 1)).ok_or_else(|| {
            let line = self.header.is_some().then_some(1);
            self.error(line, None, CsvProblem::NoColumn { name: wanted.into(), known })
        })
    }

    /// A column as text.
    ///
    /// # Errors
    /// `CsvProblem::MissingValue` for an empty cell; `NoColumn` if there is no such column.
    pub fn texts(&self, column: usize) -> Result<Vec<&str>, DataError> {
        let text = |row| self.cell(row, column);
        self.rows.iter().map(text).collect()
    }

    /// Columns as finite numbers, samples x columns.
    ///
    /// # Errors
    /// `CsvProblem::MissingValue`, `NotANumber` or `NotFinite` for the first invalid cell in the order of the lines;
    /// `NoColumn` if there is no such column.
    pub fn numbers(&self, columns: &[usize]) -> Result<Array2<f64>, DataError> {
        let mut numbers = Array2::zeros((self.rows.len(), columns.len()));
        for (mut samples, row) in numbers.rows_mut().into_iter().zip(&self.rows) {
            for (number, &column) in samples.iter_mut().zip(columns) {
                let text = self.cell(row, column)?;
                let refused = |problem| self.error(Some(row.line), Some(column + 1), problem);
                *number = text.parse::<f64>().map_err(|_| refused(CsvProblem::NotANumber { value: text.into() }))?;
                if !number.is_finite() {
                    return Err(refused(CsvProblem::NotFinite { value: text.into() }));
                }
            }
        }
        Ok(numbers)
    }

    /// An error in this file about a sample or a column, counted from 0.
    pub fn refuse(&self, sample: Option<usize>, column: Option<usize>, problem: CsvProblem) -> DataError {
        let line = sample.and_then(|sample| self.rows.get(sample)).map(|row| row.line);
        self.error(line, column.map(|column| column + 1), problem)
    }

    /// An error in this file.
    fn error(&self, line: Option<u64>, column: Option<usize>, problem: CsvProblem) -> DataError {
        CsvError { path: self.path.clone(), line, column, problem }.into()
    }

    fn cell<'a>(&self, row: &'a Row, column: usize) -> Result<&'a str, DataError> {
        match row.cells.get(column).map(String::as_str) {
            Some("") => Err(self.error(Some(row.line), Some(column + 1), CsvProblem::MissingValue)),
            Some(text) => Ok(text),
            None => {
                let name = column.saturating_add(1).to_string();
                Err(self.error(None, None, CsvProblem::NoColumn { name, known: self.names() }))
            }
        }
    }
}

impl Row {
    /// Whether these cells are names: some text, and no numbers.
    fn is_header(&self) -> bool {
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        !self.cells.iter().any(is_number) && self.cells.iter().any(|cell| !cell.is_empty())
    }
}
