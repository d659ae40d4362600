//! Typed columns from the cells of a file.

use std::collections::BTreeMap;

use super::{Column, Table, Values, Words};
use crate::{
    data::{CsvFile, csv::is_missing},
    error::{CsvProblem, DataError},
};

/// A column has words if some of them occur so often; others are numbers with a mistake.
const LEAST_OF_A_WORD: usize = 5;
/// The most different words of a column that mostly has numbers, such as `2`, `3`, `4`, `5 or more`.
const MOST_WORDS: usize = 20;

/// What to do with gaps in features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// They are filled when the table is prepared.
    #[default]
    Fill,
    /// They are errors.
    Refuse,
}

impl Table {
    /// These columns of a file.
    ///
    /// # Errors
    /// `CsvProblem::NotANumber` for the first cell that is none among numbers; `NotFinite`; `MissingValue` if gaps are
    /// refused.
    pub(super) fn read(file: &CsvFile, columns: &[usize], gaps: Gaps) -> Result<Table, DataError> {
        let read = |&column: &usize| {
            let read = Column::read(file, column)?;
            match (gaps, file.first_gap(column)) {
                (Gaps::Refuse, Some(sample)) => Err(file.refuse(Some(sample), Some(column), CsvProblem::MissingValue)),
                _ => Ok(read),
            }
        };
        Table::new(columns.iter().map(read).collect::<Result<_, DataError>>()?)
    }
}

impl Column {
    /// The column of a file, whose kind follows from its cells: numbers if all are, words if most are not, or if there
    /// are few different ones that repeat.
    ///
    /// # Errors
    /// `CsvProblem::NotANumber` for the first cell that is none among numbers; `NotFinite`.
    pub(super) fn read(file: &CsvFile, column: usize) -> Result<Column, DataError> {
        if has_words(file, column) { Ok(Column::words(file, column)) } else { Column::numbers(file, column) }
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// `CsvProblem::NotANumber` or `NotFinite` for the first invalid cell.
    pub(super) fn numbers(file: &CsvFile, column: usize) -> Result<Column, DataError> {
        Ok(Column { name: file.name(column), values: Values::Numbers(numbers(file, column)?) })
    }

    /// A column of words.
    pub(super) fn words(file: &CsvFile, column: usize) -> Column {
        let cells = file.cells(column).map(|cell| Some(cell).filter(|cell| !is_missing(cell)));
        Column { name: file.name(column), values: Values::Words(Words::new(cells)) }
    }
}

/// The numbers in a column; NaN is a gap.
///
/// # Errors
/// `CsvProblem::NotANumber` or `NotFinite` for the first invalid cell.
pub(super) fn numbers(file: &CsvFile, column: usize) -> Result<Vec<f64>, DataError> {
    (0..file.samples()).map(|sample| Ok(file.number(sample, column)?.unwrap_or(f64::NAN))).collect()
}

fn has_words(file: &CsvFile, column: usize) -> bool {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    file.cells(column).filter(|cell| !is_missing(cell)).for_each(|cell| *counts.entry(cell).or_default() += 1);
    let all: usize = counts.values().sum();
    let mut words = counts.iter().filter(|(cell, _)| !file.is_number(cell)).peekable();
    if words.peek().is_none() {
        return false;
    }
    let most = 2 * words.clone().map(|(_, count)| count).sum::<usize>() > all;
    most || (counts.len() <= MOST_WORDS && words.all(|(_, &count)| count >= LEAST_OF_A_WORD))
}
