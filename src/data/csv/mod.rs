//! CSV files: cells of numbers and words, with or without names for the columns.

mod blocks;
mod format;
mod header;
mod shape;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use csv::StringRecord;
use ndarray::Array2;

use super::Note;
use crate::error::{CsvError, CsvProblem, DataError};

pub use blocks::CsvBlocks;
pub use format::CsvFormat;
use format::number;

/// The cells of a CSV file. All lines have the same length; blank lines and blanks around cells are ignored.
///
/// ```
/// use seal_nn::data::CsvFile;
/// let file = CsvFile::parse("flowers.csv", b"length,width,kind\n5.1,3.5,a\n4.9,3.0,b\n")?;
/// assert_eq!(file.names(), ["length", "width", "kind"]);
/// assert_eq!(file.texts(file.column("kind")?)?, ["a", "b"]);
/// assert_eq!(file.numbers(&[0, 1])?, ndarray::array![[5.1, 3.5], [4.9, 3.0]]);
///
/// // Other programs separate cells by semicolons, and write 5,1.
/// let same = CsvFile::parse("flowers.csv", b"length;width;kind\n5,1;3,5;a\n4,9;3,0;b\n")?;
/// assert_eq!(same.numbers(&[0, 1])?, file.numbers(&[0, 1])?);
/// # Ok::<(), seal_nn::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CsvFile {
    path: PathBuf,
    /// The names in the first line, no two of them the same; empty if a column has none.
    header: Option<Vec<String>>,
    decimal_comma: bool,
    rows: Vec<StringRecord>,
    notes: Vec<Note>,
}

impl CsvFile {
    /// Reads a file whose separator, decimal sign and header are detected.
    ///
    /// # Errors
    /// Those of [`read_as`](CsvFile::read_as).
    pub fn read(path: impl AsRef<Path>) -> Result<CsvFile, DataError> {
        CsvFile::read_as(path, &CsvFormat::default())
    }

    /// Reads a file of a known format.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read, and those of [`parse_as`](CsvFile::parse_as).
    pub fn read_as(path: impl AsRef<Path>, format: &CsvFormat) -> Result<CsvFile, DataError> {
        let path = path.as_ref();
        let text = fs::read(path).map_err(|source| DataError::ReadFile { path: path.into(), source })?;
        CsvFile::parse_as(path, &text, format)
    }

    /// Parses a text whose separator, decimal sign and header are detected; `path` is its name in errors.
    ///
    /// # Errors
    /// Those of [`parse_as`](CsvFile::parse_as).
    pub fn parse(path: impl Into<PathBuf>, text: &[u8]) -> Result<CsvFile, DataError> {
        CsvFile::parse_as(path, text, &CsvFormat::default())
    }

    /// Parses a text of a known format; `path` is its name in errors.
    ///
    /// The first line is a header if its cells stand out from those below them: words above numbers, numbers above
    /// words, or words that occur nowhere below. `0,1,2` and years in a row are a header too. Names that occur several
    /// times are numbered: `x`, `x.1`, `x.2`. A separator that every line ends with, or the header alone, is ignored.
    ///
    /// # Errors
    /// `DataError::Csv` if the text is not UTF-8, has lines of different lengths or no lines with data, or if it is
    /// unclear whether the first line is a header.
    pub fn parse_as(path: impl Into<PathBuf>, text: &[u8], format: &CsvFormat) -> Result<CsvFile, DataError> {
        let (path, separator) = (path.into(), format.separator.unwrap_or_else(|| format::separator(text)));
        let rows = records(&path, &mut format::reader(text, separator), usize::MAX)?;
        CsvFile::of_rows(path, rows, separator, format)
    }

    /// The file of lines that were read with a separator.
    fn of_rows(
        path: PathBuf,
        rows: Vec<StringRecord>,
        separator: u8,
        format: &CsvFormat,
    ) -> Result<CsvFile, DataError> {
        let mut file = CsvFile { path, header: None, decimal_comma: false, rows, notes: Vec::new() };
        let endings = shape::level(&mut file.rows, format.header);
        let trailing = endings.map_err(|(line, problem)| file.error(line, None, problem))?;
        let cells = file.rows.iter().skip(1).chain(file.rows.first()).flat_map(StringRecord::iter);
        file.decimal_comma = format.decimal_comma.unwrap_or_else(|| format::decimal_comma(cells));
        if format.separator.is_none() && separator != b',' {
            file.notes.push(Note::Separator(separator.into()));
        }
        if format.decimal_comma.is_none() && file.decimal_comma {
            file.notes.push(Note::DecimalComma);
        }
        file.notes.extend(trailing);
        file.take_header(format.header)?;
        if file.rows.is_empty() { Err(file.error(None, None, CsvProblem::NoSamples)) } else { Ok(file) }
    }

    /// Takes the first line for names, if it has some.
    fn take_header(&mut self, given: Option<bool>) -> Result<(), DataError> {
        let Some((first, below)) = self.rows.split_first() else { return Ok(()) };
        let is_header = match given {
            Some(given) => given,
            None => header::detect(first, below, self.decimal_comma)
                .map_err(|problem| self.error(Some(line_of(first)), None, problem))?,
        };
        if !is_header {
            return Ok(());
        }
        let cells: Vec<String> = self.rows.remove(0).iter().map(str::to_owned).collect();
        if given.is_none() && cells.iter().any(|cell| cell.parse::<f64>().is_ok()) {
            self.notes.push(Note::NumbersAsNames { names: cells.clone() });
        }
        let (names, repeated) = shape::unique(cells);
        self.notes.extend(repeated.into_iter().map(|name| Note::RepeatedName { name }));
        self.header = Some(names);
        Ok(())
    }

    /// The number of lines with data.
    pub fn samples(&self) -> usize {
        self.rows.len()
    }

    /// The number of cells per line.
    pub fn columns(&self) -> usize {
        self.rows[0].len()
    }

    /// The names of the columns; `column 1` and so on where the header has none.
    pub fn names(&self) -> Vec<String> {
        (0..self.columns()).map(|column| self.name(column)).collect()
    }

    /// The name of a column, counted from 0.
    pub(in crate::data) fn name(&self, column: usize) -> String {
        match &self.header {
            Some(names) if !names[column].is_empty() => names[column].clone(),
            _ => format!("column {}", column + 1),
        }
    }

    /// Whether the file has a header.
    pub fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// Whether the header leaves a column, counted from 0, without a name.
    pub(in crate::data) fn is_unnamed(&self, column: usize) -> bool {
        self.header.as_ref().is_some_and(|names| names[column].is_empty())
    }

    /// What was detected and is not as usual: the separator, the decimal sign, the names.
    pub fn notes(&self) -> &[Note] {
        &self.notes
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

    /// The cells of a column, from the first sample to the last.
    pub(in crate::data) fn cells(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        self.rows.iter().map(move |row| &row[column])
    }

    /// Returns an error unless there is a column of this index, counted from 0.
    pub(in crate::data) fn check_column(&self, column: usize) -> Result<(), DataError> {
        if column < self.columns() {
            return Ok(());
        }
        let name = column.saturating_add(1).to_string();
        Err(self.error(None, None, CsvProblem::NoColumn { name, known: self.names() }))
    }

    /// A column as text.
    ///
    /// # Errors
    /// `CsvProblem::MissingValue` for an empty cell; `NoColumn` if there is no such column.
    pub fn texts(&self, column: usize) -> Result<Vec<&str>, DataError> {
        self.check_column(column)?;
        let present = |(sample, cell): (usize, &'_ str)| match cell {
            "" => Err(self.refuse(Some(sample), Some(column), CsvProblem::MissingValue)),
            _ => Ok(()),
        };
        self.cells(column).enumerate().try_for_each(present)?;
        Ok(self.cells(column).collect())
    }

    /// Columns as finite numbers, samples x columns.
    ///
    /// # Errors
    /// `CsvProblem::MissingValue`, `NotANumber` or `NotFinite` for the first invalid cell in the order of the lines;
    /// `NoColumn` if there is no such column.
    pub fn numbers(&self, columns: &[usize]) -> Result<Array2<f64>, DataError> {
        columns.iter().try_for_each(|&column| self.check_column(column))?;
        let mut numbers = Array2::zeros((self.rows.len(), columns.len()));
        for ((sample, column), number) in numbers.indexed_iter_mut() {
            let found = self.number(sample, columns[column])?;
            let missing = || self.refuse(Some(sample), Some(columns[column]), CsvProblem::MissingValue);
            *number = found.ok_or_else(missing)?;
        }
        Ok(numbers)
    }

    /// A cell as a finite number; `None` for a gap.
    ///
    /// # Errors
    /// `CsvProblem::NotANumber` or `NotFinite`.
    pub(in crate::data) fn number(&self, sample: usize, column: usize) -> Result<Option<f64>, DataError> {
        let cell = &self.rows[sample][column];
        match number(cell, self.decimal_comma) {
            _ if is_missing(cell) => Ok(None),
            Some(number) if number.is_finite() => Ok(Some(number)),
            found => {
                let value = cell.to_owned();
                let not_finite = found.is_some();
                let problem =
                    if not_finite { CsvProblem::NotFinite { value } } else { CsvProblem::NotANumber { value } };
                Err(self.refuse(Some(sample), Some(column), problem))
            }
        }
    }

    /// The number that a cell is in this file, which may be infinite.
    pub(in crate::data) fn parsed(&self, cell: &str) -> Option<f64> {
        number(cell, self.decimal_comma)
    }

    /// Whether a cell is a number in this file.
    pub(in crate::data) fn is_number(&self, cell: &str) -> bool {
        self.parsed(cell).is_some()
    }

    /// The first sample with a gap in a column.
    pub(in crate::data) fn first_gap(&self, column: usize) -> Option<usize> {
        self.cells(column).position(is_missing)
    }

    /// An error in this file about a sample or a column, counted from 0.
    pub fn refuse(&self, sample: Option<usize>, column: Option<usize>, problem: CsvProblem) -> DataError {
        self.error(sample.and_then(|sample| self.rows.get(sample)).map(line_of), column, problem)
    }

    /// An error in this file. The line is counted from 1, the column from 0.
    fn error(&self, line: Option<u64>, column: Option<usize>, problem: CsvProblem) -> DataError {
        let named = |&column: &usize| column < self.columns() && self.header.is_some() && !self.is_unnamed(column);
        let name = column.filter(named).map(|column| self.name(column));
        let column = column.map(|column| column + 1);
        CsvError { path: self.path.clone(), line, column, name, problem }.into()
    }
}

/// Whether a cell marks a gap: empty, `?`, or one of the usual abbreviations.
pub(in crate::data) fn is_missing(cell: &str) -> bool {
    const MARKS: [&str; 12] = ["", "?", "NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "NULL", "null"];
    MARKS.contains(&cell)
}

/// Up to `most` lines.
fn records<R: Read>(path: &Path, reader: &mut csv::Reader<R>, most: usize) -> Result<Vec<StringRecord>, DataError> {
    let read = |record: csv::Result<StringRecord>| {
        record.map_err(|error| {
            let line = error.position().map(csv::Position::line);
            match error.into_kind() {
                csv::ErrorKind::Io(source) => DataError::ReadFile { path: path.into(), source },
                _ => {
                    let problem = CsvProblem::Unreadable { reason: "the file is not UTF-8 text" };
                    CsvError { path: path.into(), line, column: None, name: None, problem }.into()
                }
            }
        })
    };
    reader.records().take(most).map(read).collect()
}

/// The line of a record, counted from 1.
fn line_of(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}
