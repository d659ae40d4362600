//! Lines of the same length, and names that differ.

use std::collections::HashSet;

use csv::StringRecord;

use super::{Note, line_of};
use crate::error::CsvProblem;

/// Brings all lines to the same length, where it is clear what is missing or left over: separators at the end of the
/// header, the separator at the end of every line, which is noted, and the name of the first column if it has row names,
/// as R writes them.
///
/// # Errors
/// The first line, counted from 1, that has another length.
pub(super) fn level(
    rows: &mut [StringRecord],
    header: Option<bool>,
) -> Result<Option<Note>, (Option<u64>, CsvProblem)> {
    let Some((first, below)) = rows.split_first_mut() else { return Ok(None) };
    let length = below.first().map_or(first.len(), StringRecord::len);
    let ends_empty = |row: &StringRecord| row.len() > 1 && row.iter().next_back() == Some("");
    let all_end_empty = !below.is_empty() && below.iter().all(ends_empty);
    let mut trailing = false;
    if first.len() > length && length > 0 && first.iter().skip(length).all(str::is_empty) {
        first.truncate(length);
        trailing = true;
    } else if all_end_empty && (first.len() + 1 == length || (first.len() == length && ends_empty(first))) {
        below.iter_mut().for_each(cut);
        if first.len() == length {
            cut(first);
        }
        trailing = true;
    } else if first.len() + 1 == length && header != Some(false) && has_row_names(first, below) {
        let position = first.position().cloned();
        *first = [""].into_iter().chain(first.iter()).collect();
        first.set_position(position);
    }
    let expected = first.len();
    match below.iter().find(|row| row.len() != expected) {
        Some(row) => Err((Some(line_of(row)), CsvProblem::Ragged { expected, actual: row.len() })),
        None => Ok(trailing.then_some(Note::TrailingSeparator)),
    }
}

/// Cuts the separator at the end of a line with a cell more than those before it.
pub(super) fn cut_to(row: &mut StringRecord, cells: usize) {
    if row.len() == cells + 1 && row.iter().next_back() == Some("") {
        cut(row);
    }
}

fn cut(row: &mut StringRecord) {
    row.truncate(row.len().saturating_sub(1));
}

/// Names above the other columns, and cells in the first that are all different.
fn has_row_names(first: &StringRecord, below: &[StringRecord]) -> bool {
    let mut seen = HashSet::new();
    first.iter().all(|name| name.parse::<f64>().is_err()) && below.iter().all(|row| seen.insert(&row[0]))
}

/// Names of which no two are the same, and those that occurred several times: `x`, `x.1`, `x.2`, as in pandas.
pub(super) fn unique(names: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let (mut seen, mut repeated) = (HashSet::new(), Vec::new());
    let mut renamed = Vec::new();
    for name in names {
        if name.is_empty() || seen.insert(name.clone()) {
            renamed.push(name);
            continue;
        }
        let number = (1..).find(|number| !taken.contains(&format!("{name}.{number}"))).unwrap_or_default();
        let other = format!("{name}.{number}");
        taken.insert(other.clone());
        renamed.push(other);
        if !repeated.contains(&name) {
            repeated.push(name);
        }
    }
    (renamed, repeated)
}

#[cfg(test)]
mod tests {
    use super::{super::format::reader, *};

    type Levelled = Result<(Vec<Vec<String>>, bool), (Option<u64>, CsvProblem)>;

    /// The cells of all lines, and whether a separator was cut.
    fn levelled(text: &str, header: Option<bool>) -> Levelled {
        let mut rows: Vec<StringRecord> = reader(text.as_bytes(), b',').records().map(Result::unwrap).collect();
        let note = level(&mut rows, header)?;
        let cells = rows.iter().map(|row| row.iter().map(str::to_owned).collect()).collect();
        Ok((cells, note.is_some()))
    }

    #[test]
    fn separators_at_the_end_are_cut() {
        let plain = levelled("a,b\n1,2\n3,4\n", None).unwrap().0;
        for text in ["a,b,\n1,2\n3,4\n", "a,b,,,\n1,2\n3,4\n", "a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n"] {
            assert_eq!(levelled(text, None), Ok((plain.clone(), true)), "{text:?}");
        }
        // A last cell that is empty by chance stays.
        assert_eq!(levelled("a,b\n1,\n3,4\n", None).map(|(_, trailing)| trailing), Ok(false));
    }

    #[test]
    fn row_names_have_no_name() {
        let named = levelled("a,b\n1,2,3\n2,4,5\n", None).unwrap().0;
        assert_eq!(named[0], ["", "a", "b"]);
        let ragged = Err((Some(2), CsvProblem::Ragged { expected: 2, actual: 3 }));
        assert_eq!(levelled("a,b\n1,2,3\n2,4,5\n", Some(false)), ragged);
        assert_eq!(levelled("1,2\n1,2,3\n2,4,5\n", None), ragged);
        assert_eq!(levelled("a,b\n1,2,3\n1,4,5\n", None), ragged, "row names differ");
        let later = Err((Some(3), CsvProblem::Ragged { expected: 2, actual: 1 }));
        assert_eq!(levelled("a,b\n1,2\n3\n", None), later);
    }

    #[test]
    fn repeated_names_are_numbered() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let (unique, repeated) = unique(names(&["x", "", "x", "x.1", "y", "x", ""]));
        assert_eq!((unique, repeated), (names(&["x", "", "x.2", "x.1", "y", "x.3", ""]), names(&["x"])));
    }
}
