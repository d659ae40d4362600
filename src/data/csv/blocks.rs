//! A CSV file in blocks of lines, for files of any size in bounded memory.

use std::{
    fs::File,
    io::{Chain, Cursor, Read},
    path::PathBuf,
};

use csv::StringRecord;

use super::{CsvFile, CsvFormat, format, line_of, records, shape};
use crate::error::{CsvProblem, DataError};

/// Bytes in which the separator is looked for.
const SAMPLE: u64 = 1 << 20;

/// The lines of a CSV file, so many at a time, each as a [`CsvFile`] with the names and the format of the first ones. Lines
/// keep their numbers in errors.
///
/// ```
/// use seal_nn::data::{CsvBlocks, CsvFormat};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("long.csv");
/// std::fs::write(&path, "x,y\n1,2\n3,4\n5,6\n")?;
/// let blocks = CsvBlocks::open(&path, &CsvFormat::default(), 2)?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(blocks.iter().map(|block| block.samples()).collect::<Vec<_>>(), [2, 1]);
/// assert_eq!(blocks[1].numbers(&[0, 1])?, ndarray::array![[5.0, 6.0]]);
/// assert_eq!(blocks[1].names(), ["x", "y"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CsvBlocks {
    reader: csv::Reader<Chain<Cursor<Vec<u8>>, File>>,
    lines: usize,
    /// Until it is handed out.
    first: Option<CsvFile>,
    /// What was read for a header and is none: the first line of the second block.
    left_over: Option<StringRecord>,
    /// What all blocks share.
    common: CsvFile,
    cells: usize,
}

impl CsvBlocks {
    /// Opens a file and reads its first block, of up to `lines` lines with data, from which separator, decimal sign and
    /// header are detected.
    ///
    /// # Errors
    /// Those of [`CsvFile::read_as`] for the first lines.
    pub fn open(path: impl Into<PathBuf>, format: &CsvFormat, lines: usize) -> Result<CsvBlocks, DataError> {
        let (path, lines) = (path.into(), lines.max(1));
        let unreadable = |source| DataError::ReadFile { path: path.clone(), source };
        let mut file = File::open(&path).map_err(unreadable)?;
        let mut sample = Vec::new();
        file.by_ref().take(SAMPLE).read_to_end(&mut sample).map_err(unreadable)?;
        let separator = format.separator.unwrap_or_else(|| format::separator(&sample));
        let mut reader = format::reader(Cursor::new(sample).chain(file), separator);
        let rows = records(&path, &mut reader, lines.saturating_add(1))?;
        let mut first = CsvFile::of_rows(path, rows, separator, format)?;
        let left_over = (first.rows.len() > lines).then(|| first.rows.pop()).flatten();
        let CsvFile { path, header, decimal_comma, .. } = &first;
        let (path, header, decimal_comma) = (path.clone(), header.clone(), *decimal_comma);
        let common = CsvFile { path, header, decimal_comma, rows: Vec::new(), notes: Vec::new() };
        let cells = first.columns();
        Ok(CsvBlocks { reader, lines, first: Some(first), left_over, common, cells })
    }

    /// The next lines, in the form of the first.
    fn read(&mut self) -> Result<Option<CsvFile>, DataError> {
        let mut rows: Vec<StringRecord> = self.left_over.take().into_iter().collect();
        rows.extend(records(&self.common.path, &mut self.reader, self.lines - rows.len())?);
        if rows.is_empty() {
            return Ok(None);
        }
        let mut block = CsvFile { rows, ..self.common.clone() };
        for row in &mut block.rows {
            shape::cut_to(row, self.cells);
        }
        match block.rows.iter().find(|row| row.len() != self.cells) {
            None => Ok(Some(block)),
            Some(row) => {
                let problem = CsvProblem::Ragged { expected: self.cells, actual: row.len() };
                Err(self.common.error(Some(line_of(row)), None, problem))
            }
        }
    }
}

impl Iterator for CsvBlocks {
    type Item = Result<CsvFile, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn blocks(text: &str, format: &CsvFormat, lines: usize) -> Vec<Result<CsvFile, DataError>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        fs::write(&path, text).unwrap();
        CsvBlocks::open(path, format, lines).unwrap().collect()
    }

    /// In one piece or in many, with detected and with given formats.
    #[test]
    fn blocks_are_the_file() {
        let samples: String = (0..50).map(|i| format!("{i},5;-{i},25;{}\n", ["a", "b"][i % 2])).collect();
        for head in ["length;width;kind\n", ""] {
            let text = format!("{head}{samples}");
            let whole = CsvFile::parse("x.csv", text.as_bytes()).unwrap();
            for lines in [1, 7, 49, 50, 51, 1000] {
                let blocks: Vec<CsvFile> =
                    blocks(&text, &CsvFormat::default(), lines).into_iter().map(Result::unwrap).collect();
                let cells = |file: &CsvFile| (0..file.samples()).map(|i| file.rows[i].clone()).collect::<Vec<_>>();
                assert_eq!(blocks.iter().flat_map(cells).collect::<Vec<_>>(), cells(&whole), "{lines}");
                assert!(blocks.iter().all(|block| block.names() == whole.names() && block.decimal_comma));
                assert_eq!(blocks[0].notes(), whole.notes());
                // Each block is full but the last, whether the first line of the file is a header or not.
                let full = blocks.iter().rev().skip(1).all(|block| block.samples() == lines);
                assert!(full && blocks.iter().all(|block| block.samples() <= lines), "{lines}");
            }
        }
    }

    #[test]
    fn later_lines_are_told_by_their_numbers() {
        let text = "x,y\n1,2\n3,4\n5,6\n7\n";
        let last = blocks(text, &CsvFormat::default(), 2).pop().unwrap().unwrap_err();
        assert!(last.to_string().contains("line 5"), "{last}");
        let text = "x,y\n1,2\n3,4\n5,six\n";
        let last = blocks(text, &CsvFormat::default(), 2).pop().unwrap().unwrap();
        let error = last.numbers(&[1]).unwrap_err();
        assert!(error.to_string().contains("line 4") && error.to_string().contains("six"), "{error}");
    }

    #[test]
    fn separators_at_the_end_of_later_lines_are_cut() {
        let all = blocks("x,y,\n1,2,\n3,4,\n5,6,\n", &CsvFormat::default(), 1);
        assert!(all.iter().all(|block| block.as_ref().unwrap().columns() == 2));
        assert_eq!(all.len(), 3);
    }
}
