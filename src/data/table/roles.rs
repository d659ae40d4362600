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
/// One that counts them in another way needs more, because there are many ways.
const LEAST_NUMBERED: usize = 20;

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
            whole: values.iter().all(|cell| whole(cell).is_some()),
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
        if self.numbers_samples(file) || (self.whole && is_level_of_an_index(&name)) {
            return Some(Reason::Index);
        }
        if self.numbers || 2 * self.different <= count || count < LEAST_COUNTED || !self.is_words(file) {
            return None;
        }
        let numbers = self.values.iter().filter(|cell| file.is_number(cell) || is_written_number(cell)).count();
        Some(if 2 * numbers > count { Reason::WrittenNumbers } else { Reason::DifferentWords })
    }

    /// Whether most values are no numbers: else a few of them are wrong.
    fn is_words(&self, file: &CsvFile) -> bool {
        2 * self.values.iter().filter(|cell| file.is_number(cell)).count() < self.values.len()
    }

    /// The whole numbers of all samples, if there are enough of them to tell.
    fn counted(&self, file: &CsvFile) -> Option<Vec<i64>> {
        let enough = self.values.len() == file.samples() && self.values.len() >= LEAST_COUNTED;
        enough.then(|| self.values.iter().map(|cell| whole(cell)).collect()).flatten()
    }

    /// 0, 1, 2 and so on, or from 1, in the order of the lines.
    fn counts_samples(&self, file: &CsvFile) -> bool {
        let Some(numbers) = self.counted(file) else { return false };
        matches!(numbers[0], 0 | 1) && numbers.iter().zip(numbers[0]..).all(|(&number, n)| number == n)
    }

    /// The same downwards, in other steps or from another number; or every number from 0 or 1 on once, in any order, as
    /// after a shuffle.
    fn numbers_samples(&self, file: &CsvFile) -> bool {
        let numbers = self.counted(file).filter(|numbers| numbers.len() >= LEAST_NUMBERED);
        let Some(mut numbers) = numbers else { return false };
        let steps = || numbers.windows(2).map(|pair| pair[1].checked_sub(pair[0]));
        let even = steps().all(|step| step.is_some_and(|step| step != 0) && Some(step) == steps().next());
        numbers.sort_unstable();
        even || (matches!(numbers[0], 0 | 1) && numbers.iter().zip(numbers[0]..).all(|(&number, n)| number == n))
    }
}

/// A whole number, which may be written `3.0`, as pandas writes an index of numbers with gaps.
fn whole(cell: &str) -> Option<i64> {
    cell.strip_suffix(".0").unwrap_or(cell).parse().ok()
}

/// `level_0`, as pandas names the levels of an index.
fn is_level_of_an_index(name: &str) -> bool {
    name.strip_prefix("level_").is_some_and(|number| number.parse::<usize>().is_ok())
}

/// A number with signs around it or between its digits: `$1.50`, `12 %`, `1,234`, `3kg`.
fn is_written_number(cell: &str) -> bool {
    /// The longest units and names of currencies.
    const LONGEST: usize = 4;
    let number = cell.trim_matches(|character: char| !character.is_ascii_digit());
    let Some((before, after)) = cell.split_once(number).filter(|_| !number.is_empty()) else { return false };
    let is_group = |character: char| matches!(character, ',' | '.' | '\'' | '_' | ' ' | '\u{a0}' | '\u{202f}');
    before.chars().count() <= LONGEST
        && after.chars().count() <= LONGEST
        // A letter before digits is a name, as of a street or a part.
        && !before.contains(char::is_alphanumeric)
        && number.chars().all(|character| character.is_ascii_digit() || is_group(character))
        // Versions and addresses have several points.
        && number.matches('.').count() <= 1
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

    /// The reason for the first of two columns of forty samples, called `name`, beside a measure and a class.
    fn reason_of(name: &str, cell: impl Fn(i64) -> String) -> Option<Reason> {
        let line = |i: i64| format!("{},{}.5,{}\n", cell(i), i * 7 % 13, ["a", "b"][(i % 2) as usize]);
        let text: String = (0..40).map(line).collect();
        reasons(&format!("{name},length,kind\n{text}"), ColumnChoice::default()).first().map(|(_, reason)| *reason)
    }

    #[test]
    fn samples_are_counted_in_many_ways() {
        for (name, cell) in [
            ("row", (|i| (40 - i).to_string()) as fn(i64) -> String),
            ("n", |i| (10 * i).to_string()),
            ("time", |i| (1_600_000_000 + 3600 * i).to_string()),
            ("sample", |i| (i * 7 % 40).to_string()),
            ("sample", |i| (1 + i * 7 % 40).to_string()),
            ("index", |i| format!("{i}.0")),
            ("level_0", |i| (i / 2).to_string()),
        ] {
            assert_eq!(reason_of(name, cell), Some(Reason::Index), "{name}: {}, {}", cell(0), cell(1));
        }
        for (name, cell) in [
            // Measures: with gaps between them, repeated, or with decimals.
            ("age", (|i| (i * 7 % 41).to_string()) as fn(i64) -> String),
            ("count", |i| (i / 2).to_string()),
            ("width", |i| format!("{i}.5")),
            ("level", |i| (i / 2).to_string()),
        ] {
            assert_eq!(reason_of(name, cell), None, "{name}: {}, {}", cell(0), cell(1));
        }
    }

    #[test]
    fn numbers_with_other_signs_are_no_words() {
        for written in ["$1.50", "1.50 €", "12%", "12 %", "1,234", "1'234.5", "-3kg", "~ 7", "£1,234,567.00"] {
            assert!(is_written_number(written), "{written}");
        }
        for other in ["A12", "Main Street 5", "2020-01-31", "12:30", "10.0.0.1", "abc", "", "12 apples", "v1.2.3"] {
            assert!(!is_written_number(other), "{other}");
        }
        assert_eq!(reason_of("price", |i| format!("${}.{i}", i * 7 % 13)), Some(Reason::WrittenNumbers));
        assert_eq!(reason_of("seat", |i| format!("B{i}")), Some(Reason::DifferentWords));
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
        // Without names, a column of different numbers is a feature, unless it counts.
        assert_eq!(reasons(&text, ColumnChoice::default()), [all[0], (3, Reason::Index), all[3], all[4], all[5]]);
    }
}
