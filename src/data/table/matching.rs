//! The columns of a file for features with known names.

use super::{Column, Table, classes::loosely};
use crate::{
    data::{
        CsvFile, Gaps, Note,
        preparation::{Encoding, PreparedColumn},
    },
    error::{CsvProblem, DataError},
};

/// How the columns for known features are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In the order of the features, whatever their names. Without a header, this is so anyway.
    pub by_position: bool,
    /// Columns that are no features, by name or by number from 1, such as that of the classes.
    pub others: Vec<String>,
    /// What to do with gaps.
    pub gaps: Gaps,
}

impl Table {
    /// The columns of a file for prepared columns, in their order, and what was noticed. Columns are found by their
    /// names, exactly or else without regard to upper case and blanks; without a header or by request, by position.
    ///
    /// # Errors
    /// `CsvProblem::OtherNames` if the header has none of the names; `NoColumn` or `UnclearColumn` for a name that is
    /// missing or found several times; `WrongColumns` for another number of columns; `NotANumber`, `NotFinite`, or
    /// `MissingValue` if gaps are refused.
    pub(in crate::data) fn matching(
        file: &CsvFile,
        wanted: &[PreparedColumn],
        selection: &Selection,
    ) -> Result<(Table, Vec<Note>), DataError> {
        let others = selection.others.iter().map(|name| file.column(name)).collect::<Result<Vec<_>, _>>()?;
        let free: Vec<usize> = (0..file.columns()).filter(|column| !others.contains(column)).collect();
        let (columns, mut notes) = match selection.by_position || !file.has_header() {
            true => (by_position(file, wanted, free.clone())?, vec![Note::ByPosition]),
            false => by_name(file, wanted, &free)?,
        };
        let unused: Vec<String> =
            free.into_iter().filter(|column| !columns.contains(column)).map(|column| file.name(column)).collect();
        if !unused.is_empty() {
            notes.push(Note::Unused { columns: unused });
        }
        let read = |(wanted, &column): (&PreparedColumn, &usize)| {
            if let (Gaps::Refuse, Some(sample)) = (selection.gaps, file.first_gap(column)) {
                return Err(file.refuse(Some(sample), Some(column), CsvProblem::MissingValue));
            }
            let Column { values, .. } = match wanted.encoding {
                Encoding::Number { .. } => Column::numbers(file, column)?,
                Encoding::Words { .. } => Column::words(file, column),
            };
            Ok(Column { name: wanted.name.clone(), values })
        };
        let columns = wanted.iter().zip(&columns).map(read).collect::<Result<_, _>>()?;
        Ok((Table::new(columns)?, notes))
    }
}

fn by_position(file: &CsvFile, wanted: &[PreparedColumn], free: Vec<usize>) -> Result<Vec<usize>, DataError> {
    if free.len() == wanted.len() {
        return Ok(free);
    }
    let name = |column: Option<&PreparedColumn>| column.map(|column| column.name.clone()).unwrap_or_default();
    let expected = format!(
        "the model takes {} features, {:?} to {:?}; if there is a column of classes, name it",
        wanted.len(),
        name(wanted.first()),
        name(wanted.last())
    );
    Err(file.refuse(None, None, CsvProblem::WrongColumns { expected, actual: free.len() }))
}

fn by_name(file: &CsvFile, wanted: &[PreparedColumn], free: &[usize]) -> Result<(Vec<usize>, Vec<Note>), DataError> {
    let found: Vec<Vec<usize>> = wanted.iter().map(|column| columns_named(file, free, &column.name)).collect();
    if found.iter().all(Vec::is_empty) {
        let expected = wanted.iter().map(|column| column.name.clone()).collect();
        let actual = free.iter().map(|&column| file.name(column)).collect();
        return Err(file.refuse(None, None, CsvProblem::OtherNames { expected, actual }));
    }
    let (mut columns, mut pairs) = (Vec::new(), Vec::new());
    for (wanted, found) in wanted.iter().zip(found) {
        let name = wanted.name.clone();
        match found[..] {
            [column] if !columns.contains(&column) => {
                if file.name(column) != name {
                    pairs.push((name, file.name(column)));
                }
                columns.push(column);
            }
            [] => return Err(file.refuse(None, None, CsvProblem::NoColumn { name, known: file.names() })),
            _ => {
                let found = found.into_iter().map(|column| file.name(column)).collect();
                return Err(file.refuse(None, None, CsvProblem::UnclearColumn { name, found }));
            }
        }
    }
    let notes = if pairs.is_empty() { Vec::new() } else { vec![Note::NamesMatchedLoosely { pairs }] };
    Ok((columns, notes))
}

/// The column of exactly this name, or else those with a similar one.
fn columns_named(file: &CsvFile, free: &[usize], name: &str) -> Vec<usize> {
    let all = |matches: &dyn Fn(String) -> bool| -> Vec<usize> {
        free.iter().copied().filter(|&column| matches(file.name(column))).collect()
    };
    match &all(&|found| found == name)[..] {
        [] => all(&|found| loosely(&found) == loosely(name)),
        exact => exact.to_vec(),
    }
}
