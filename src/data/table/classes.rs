//! The classes of a column: how they are written, and whether they are classes at all.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{CsvFile, Note, csv::is_missing};
use crate::error::{CsvProblem, DataError};

/// Smaller classes leave too few samples for training and for testing.
const LEAST_OF_A_CLASS: usize = 5;
/// So many different numbers are a quantity if some are rare or have decimals.
const MOST_NUMBERS: usize = 20;
/// The columns of so few words may have the classes.
const MOST_WORDS: usize = 30;
/// So do columns of so few whole numbers.
const MOST_WHOLE_NUMBERS: usize = 10;

/// The classes of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Classes {
    /// Sorted by name.
    pub names: Vec<String>,
    /// For each sample an index into `names`; `None` is a gap.
    pub labels: Vec<Option<usize>>,
    /// On their spelling.
    pub notes: Vec<Note>,
}

impl Classes {
    /// The classes in a column. Equal numbers, such as 0 and 0.0, are one class.
    ///
    /// # Errors
    /// `Quantity` for numbers to be predicted; `TooFewClasses` or `SmallClass`.
    pub fn of(file: &CsvFile, column: usize) -> Result<Classes, DataError> {
        let cells = || file.cells(column).filter(|cell| !is_missing(cell));
        let spellings: BTreeSet<&str> = cells().collect();
        let (canonical, mut notes) = merge_numbers(file, &spellings);
        let name_of = |cell: &str| canonical.get(cell).copied();
        let names: Vec<&str> =
            spellings.iter().filter_map(|cell| name_of(cell)).collect::<BTreeSet<_>>().into_iter().collect();
        let label = |cell: &str| name_of(cell).and_then(|name| names.binary_search(&name).ok());
        let labels: Vec<Option<usize>> = file.cells(column).map(label).collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        check(file, column, &names, &labels)?;
        notes.extend(similar(&names).into_iter().map(|classes| Note::SimilarClasses { classes }));
        Ok(Classes { names, labels, notes })
    }
}

impl CsvFile {
    /// The class of each sample in a column, counted from 0, as an index into `classes`. A number is also found in another spelling.
    ///
    /// # Errors
    /// `CsvProblem::MissingValue` for a gap; `UnknownClass`; `NoColumn` if there is no such column.
    pub fn labels(&self, column: usize, classes: &[String]) -> Result<Vec<usize>, DataError> {
        self.check_column(column)?;
        let same_number = |class: &str, cell: &str| self.parsed(cell).is_some_and(|n| self.parsed(class) == Some(n));
        let class_of = |(sample, cell): (usize, &str)| {
            let exact = classes.iter().position(|class| class == cell);
            exact.or_else(|| classes.iter().position(|class| same_number(class, cell))).ok_or_else(|| {
                let problem = match is_missing(cell) {
                    true => CsvProblem::MissingValue,
                    false => CsvProblem::UnknownClass { value: cell.into(), known: classes.to_vec() },
                };
                self.refuse(Some(sample), Some(column), problem)
            })
        };
        self.cells(column).enumerate().map(class_of).collect()
    }
}

/// The class of each spelling. The shortest spelling of a number is its name.
fn merge_numbers<'a>(file: &CsvFile, spellings: &BTreeSet<&'a str>) -> (BTreeMap<&'a str, &'a str>, Vec<Note>) {
    let mut canonical: BTreeMap<&str, &str> = spellings.iter().map(|&cell| (cell, cell)).collect();
    if !spellings.iter().all(|cell| file.is_number(cell)) {
        return (canonical, Vec::new());
    }
    let mut equal: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for &cell in spellings {
        // -0 is 0.
        let number = file.parsed(cell).unwrap_or(f64::NAN) + 0.0;
        equal.entry(number.to_bits()).or_default().push(cell);
    }
    let mut notes = Vec::new();
    for mut same in equal.into_values().filter(|same| same.len() > 1) {
        same.sort_by_key(|cell| cell.len());
        let class = same.remove(0);
        same.iter().for_each(|cell| {
            canonical.insert(cell, class);
        });
        let spellings = same.into_iter().map(str::to_owned).collect();
        notes.push(Note::SameClass { class: class.to_owned(), spellings });
    }
    (canonical, notes)
}

/// Groups of names that are the same without upper case and blanks.
fn similar(names: &[String]) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        groups.entry(loosely(name)).or_default().push(name.clone());
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// A name in lower case, without blanks and underscores.
pub(super) fn loosely(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}

/// Returns an error unless there are at least two classes with enough samples each.
fn check(file: &CsvFile, column: usize, names: &[String], labels: &[Option<usize>]) -> Result<(), DataError> {
    let refused = |sample, problem| Err(file.refuse(sample, Some(column), problem));
    let mut counts = vec![0; names.len()];
    labels.iter().flatten().for_each(|&label| counts[label] += 1);
    let samples: usize = counts.iter().sum();
    let small = counts.iter().position(|&count| count < LEAST_OF_A_CLASS);
    let numbers = || names.iter().all(|name| file.is_number(name));
    let decimals = || names.iter().any(|name| file.parsed(name).is_some_and(|number| number.fract() != 0.0));
    if names.len() > MOST_NUMBERS && numbers() && (small.is_some() || decimals()) {
        let others = possible_targets(file, column);
        return refused(None, CsvProblem::Quantity { different: names.len(), samples, others });
    }
    if names.len() < 2 {
        return refused(None, CsvProblem::TooFewClasses { actual: names.len() });
    }
    let Some(class) = small else { return Ok(()) };
    let alike = similar(names).into_iter().find(|group| group.contains(&names[class]));
    let problem = CsvProblem::SmallClass {
        class: names[class].clone(),
        least: LEAST_OF_A_CLASS,
        actual: counts[class],
        classes: names.len(),
        alike: alike.into_iter().flatten().find(|other| *other != names[class]),
    };
    refused(labels.iter().position(|&label| label == Some(class)), problem)
}

/// The names of other columns that may have the classes: those of few words, or else of few whole numbers, each of them in
/// enough samples.
fn possible_targets(file: &CsvFile, target: usize) -> Vec<String> {
    let with = |is_class: &dyn Fn(&str) -> bool, most: usize| {
        let has_classes = |&column: &usize| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            file.cells(column).filter(|cell| !is_missing(cell)).for_each(|cell| *counts.entry(cell).or_default() += 1);
            (2..=most).contains(&counts.len())
                && counts.iter().all(|(cell, &count)| count >= LEAST_OF_A_CLASS && is_class(cell))
        };
        let columns = (0..file.columns()).filter(|&column| column != target).filter(has_classes);
        columns.map(|column| file.name(column)).collect::<Vec<_>>()
    };
    let words = with(&|cell| !file.is_number(cell), MOST_WORDS);
    if words.is_empty() { with(&|cell| cell.parse::<i64>().is_ok(), MOST_WHOLE_NUMBERS) } else { words }
}
