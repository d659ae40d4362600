//! Which column of a file has the classes, which are features, and which are neither.

use std::collections::HashSet;

use super::super::{CsvFile, Note, Reason, csv::is_missing};
use crate::error::{CsvProblem, DataError};

/// Which columns of a file to use. Columns are given by name, or by number from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The column of classes; `None` for the last column.
    pub label: Option<String>,
    /// Columns to leave out.
    pub ignore: Vec<String>,
    /// Columns that are features although they look like an index or like identifiers.
    pub keep: Vec<String>,
}

/// Indices of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Roles {
    pub target: usize,
    pub features: Vec<usize>,
    /// On the columns that are left out.
    pub notes: Vec<Note>,
}

/// A column that counts samples needs so many of them: fewer may do so by chance.
const LEAST_COUNTED: usize = 10;

impl Roles {
    pub fn of(file: &CsvFile, choice: &ColumnChoice) -> Result<Roles, DataError> {
        let all = |names: &[String]| names.iter().map(|name| file.column(name)).collect::<Result<Vec<_>, _>>();
        let (ignored, kept) = (all(&choice.ignore)?, all(&choice.keep)?);
        let usable = |column: &usize| !ignored.contains(column) && file.cells(*column).any(|cell| !is_missing(cell));
        let target = match &choice.label {
            Some(wanted) => file.column(wanted)?,
            None => (0..file.columns()).rev().find(usable).unwrap_or(file.columns() - 1),
        };
        let (mut features, mut notes) = (Vec::new(), Vec::new());
        for column in (0..file.columns()).filter(|&column| column != target) {
            let reason = match ignored.contains(&column) {
                true => Some(Reason::Asked),
                false => Facts::of(file, column).reason(file, column, kept.contains(&column)),
            };
            match reason {
                Some(reason) => {
                    notes.push(Note::LeftOut { column: file.name(column), number: column + 1, reason });
                }
                None => features.push(column),
            }
        }
        if features.is_empty() {
            let expected = "at least one feature and a column of classes are needed".into();
            return Err(file.refuse(None, None, CsvProblem::WrongColumns { expected, actual: file.columns() }));
        }
        Ok(Roles { target, features, notes })
    }
}

/// What decides about a column.
struct Facts<'a> {
    /// The cells that are no gaps.
    values: Vec<&'a str>,
    different: usize,
    numbers: bool,
    whole: bool,
}

impl<'a> Facts<'a> {
    fn of(file: &'a CsvFile, column: usize) -> Facts<'a> {
        let values: Vec<&str> = file.cells(column).filter(|cell| !is_missing(cell)).collect();
        Facts {
            different: values.iter().collect::<HashSet<_>>().len(),
            numbers: values.iter().all(|cell| file.is_number(cell)),
            whole: values.iter().all(|cell| cell.parse::<i64>().is_ok()),
            values,
        }
    }

    /// Why this is not a feature.
    fn reason(&self, file: &CsvFile, column: usize, kept: bool) -> Option<Reason> {
        let count = self.values.len();
        if count == 0 {
            return Some(Reason::Empty);
        }
        if self.different == 1 {
            return Some(Reason::Constant);
        }
        if kept {
            return None;
        }
        let name = file.name(column);
        let no_name = file.is_unnamed(column) || name.starts_with("Unnamed: ") || name.eq_ignore_ascii_case("index");
        let all_different = self.different == file.samples();
        if self.counts_samples(file) || (no_name && all_different && (self.whole || !self.numbers)) {
            return Some(Reason::Index);
        }
        // Identifiers of persons or items with several samples occur several times.
        let nearly_all_different = 5 * self.different >= 4 * count;
        if is_identifier(&name) && nearly_all_different && (self.whole || !self.numbers) {
            return Some(Reason::Identifiers);
        }
        (!self.numbers && 2 * self.different > count && count >= LEAST_COUNTED && self.is_words(file))
            .then_some(Reason::DifferentWords)
    }

    /// Whether most values are no numbers: else a few of them are wrong.
    fn is_words(&self, file: &CsvFile) -> bool {
        2 * self.values.iter().filter(|cell| file.is_number(cell)).count() < self.values.len()
    }

    /// 0, 1, 2 and so on, or from 1, in the order of the lines.
    fn counts_samples(&self, file: &CsvFile) -> bool {
        let enough = self.whole && self.values.len() == file.samples() && self.values.len() >= LEAST_COUNTED;
        let first = self.values[0].parse::<i64>().unwrap_or(-1);
        enough && matches!(first, 0 | 1) && self.values.iter().zip(first..).all(|(cell, n)| cell.parse() == Ok(n))
    }
}

/// `id`, `ID`, `user_id`, `id number`, `PassengerId`, `customerID`, `uuid`.
fn is_identifier(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut last_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && last_lower) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        last_lower = character.is_lowercase();
    }
    words.iter().any(|word| ["id", "ids", "uuid", "guid", "identifier"].contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_known_by_name() {
        for name in ["id", "ID", "Id", "user_id", "id number", "PassengerId", "customerID", "item-id", "uuid"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in ["width", "idle", "acid", "Madrid", "IDLE", "aid", "column 1", ""] {
            assert!(!is_identifier(name), "{name}");
        }
    }

    fn reasons(text: &str, choice: ColumnChoice) -> Vec<(usize, Reason)> {
        let notes = Roles::of(&CsvFile::parse("t.csv", text.as_bytes()).unwrap(), &choice).unwrap().notes;
        let reason = |note| match note {
            Note::LeftOut { number, reason, .. } => (number, reason),
            other => panic!("{other:?}"),
        };
        notes.into_iter().map(reason).collect()
    }

    #[test]
    fn columns_that_are_no_features_are_left_out() {
        let line = |i: i32| {
            format!("{i},{},{},u{i},x,,{i}.5,{}\n", 50 - i * 7 % 20, 1000 + 37 * i, ["a", "b"][i as usize % 2])
        };
        let text: String = (0..20).map(line).collect();
        let header = "n,,sample_id,name,unit,note,length,kind\n";
        let all = [
            (1, Reason::Index),
            (2, Reason::Index),
            (3, Reason::Identifiers),
            (4, Reason::DifferentWords),
            (5, Reason::Constant),
            (6, Reason::Empty),
        ];
        assert_eq!(reasons(&format!("{header}{text}"), ColumnChoice::default()), all);
        let choice = ColumnChoice { ignore: vec!["length".into()], keep: vec!["n".into(), "3".into()], label: None };
        let asked = [all[1], all[3], all[4], all[5], (7, Reason::Asked)];
        assert_eq!(reasons(&format!("{header}{text}"), choice), asked);
        // Without names, a column of different numbers is a feature.
        assert_eq!(reasons(&text, ColumnChoice::default()), [all[0], all[3], all[4], all[5]]);
    }
}
