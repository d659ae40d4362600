//! Whether the first line of a file has the names of its columns, or a sample.

use std::collections::HashSet;

use csv::StringRecord;

use super::{format::number, is_missing};
use crate::error::CsvProblem;

/// Lines below the first that are looked at.
const LINES: usize = 1000;
/// Names that count the columns need so many of them: `0,1` may well be a sample.
const LEAST_COUNTED: usize = 3;

/// What the first cell of a column is, seen from the cells below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vote {
    /// A word above numbers, a number above words, or a new word above few that repeat.
    Name,
    /// A number with decimals, or a word that also occurs below.
    Sample,
    /// A whole number above numbers with decimals.
    PerhapsName,
    /// Either, such as a whole number above whole numbers, or an empty cell.
    Open,
}

/// Whether the first line is a header. Names that are numbers (`0,1,2`, years, `inf`) are recognised by the cells below
/// them.
///
/// # Errors
/// `UnclearHeader` if some cells speak for a header and others against it.
pub(super) fn detect(first: &StringRecord, below: &[StringRecord], decimal_comma: bool) -> Result<bool, CsvProblem> {
    let votes: Vec<Vote> =
        first.iter().enumerate().map(|(column, cell)| vote(cell, column, below, decimal_comma)).collect();
    let cell_with = |wanted: Vote| votes.iter().position(|&vote| vote == wanted).map(|at| first[at].to_owned());
    let unclear = |name: String, value: String| Err(CsvProblem::UnclearHeader { name, value });
    match (cell_with(Vote::Name), cell_with(Vote::Sample)) {
        (Some(_), None) => Ok(true),
        (None, Some(_)) => Ok(false),
        (Some(name), Some(value)) => unclear(name, value),
        (None, None) if counts(first) => Ok(!below.is_empty()),
        (None, None) => {
            let perhaps = votes.iter().filter(|&&vote| vote == Vote::PerhapsName).count();
            let different = first.iter().collect::<HashSet<_>>().len() == first.len();
            if perhaps + 1 >= votes.len().max(LEAST_COUNTED) && different {
                return unclear(first[0].to_owned(), first[first.len() - 1].to_owned());
            }
            // Words above words that never repeat, or above nothing.
            Ok(first.iter().all(|cell| numeral(cell, decimal_comma).is_none()) && first.iter().any(|c| !c.is_empty()))
        }
    }
}

fn vote(first: &str, column: usize, below: &[StringRecord], decimal_comma: bool) -> Vote {
    let cells = || below.iter().take(LINES).filter_map(|row| row.get(column)).filter(|cell| !is_missing(cell));
    let count = cells().count();
    if count == 0 || (is_missing(first) && !is_name_like(first)) {
        return Vote::Open;
    }
    let numbers = cells().filter(|cell| number(cell, decimal_comma).is_some()).count();
    let has_decimals = |cell: &str| cell.contains(['.', 'e', 'E']) || (decimal_comma && cell.contains(','));
    match numeral(first, decimal_comma) {
        Some(_) if numbers == 0 => Vote::Name,
        Some(_) if has_decimals(first) || first.starts_with('-') => Vote::Sample,
        Some(_) if cells().all(has_decimals) => Vote::PerhapsName,
        Some(_) => Vote::Open,
        // Also inf and nan, which are words here.
        None if 2 * numbers > count => Vote::Name,
        None if cells().any(|cell| cell == first) => Vote::Sample,
        None if 2 * cells().collect::<HashSet<_>>().len() <= count => Vote::Name,
        None => Vote::Open,
    }
}

/// A number that is written with digits.
fn numeral(cell: &str, decimal_comma: bool) -> Option<f64> {
    number(cell, decimal_comma).filter(|_| cell.contains(|c: char| c.is_ascii_digit()))
}

/// Gaps are marked by `nan`, `na` and the like too, but these are names as well.
fn is_name_like(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(char::is_alphabetic)
}

/// `0,1,2` or `1,2,3`, or years one after another.
fn counts(first: &StringRecord) -> bool {
    let numbers: Option<Vec<i64>> = first.iter().map(|cell| cell.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() >= LEAST_COUNTED) else { return false };
    let start = numbers[0];
    let starts = matches!(start, 0 | 1) || (1000..3000).contains(&start);
    starts && numbers.iter().zip(start..).all(|(&number, expected)| number == expected)
}

#[cfg(test)]
mod tests {
    use super::{
        super::format::{decimal_comma, reader},
        *,
    };

    fn detected(text: &str) -> Result<bool, CsvProblem> {
        let mut lines: Vec<StringRecord> = reader(text.as_bytes(), b',').records().map(Result::unwrap).collect();
        let first = lines.remove(0);
        let comma = decimal_comma(lines.iter().flat_map(StringRecord::iter));
        detect(&first, &lines, comma)
    }

    #[test]
    fn names_are_told_from_samples() {
        let measured = "5.1,3.5,a\n4.9,3.0,b\n4.7,3.2,a\n4.6,3.1,b\n";
        let whole = "5,3,1\n4,3,2\n4,3,1\n4,2,2\n";
        let words = "x,o,yes\no,x,no\nx,x,yes\no,o,no\n";
        for (first, below, expected) in [
            ("length,width,kind\n", measured, true),
            ("5.0,3.3,a\n", measured, false),
            // Names that are numbers.
            ("0,1,2\n", measured, true),
            ("2019,2020,kind\n", measured, true),
            ("gdp,inf,kind\n", measured, true),
            ("gdp,nan,kind\n", measured, true),
            ("length,2,kind\n", measured, true),
            (",width,kind\n", measured, true),
            ("0,1,2\n", whole, true),
            ("1,2,3\n", whole, true),
            ("2019,2020,2021\n", whole, true),
            ("2019,2021,class\n", whole, true),
            ("4,2,1\n", whole, false),
            ("3,4,5\n", whole, false),
            // Words in all columns.
            ("A1,A2,class\n", words, true),
            ("x,x,no\n", words, false),
            ("?,x,no\n", words, false),
            ("first,second,third\n", "", true),
        ] {
            assert_eq!(detected(&format!("{first}{below}")), Ok(expected), "{first:?} above {below:?}");
        }
        assert_eq!(detected("0,1\n5,0\n3,1\n"), Ok(false), "may well be a sample");
        assert_eq!(detected("1,2,3\n"), Ok(false), "nothing would be left");
    }

    #[test]
    fn a_first_line_of_both_is_unclear() {
        let measured = "5.1,3.5,a\n4.9,3.0,b\n4.7,3.2,a\n4.6,3.1,b\n";
        for (first, name, value) in
            [("x,3.3,a\n", "x", "3.3"), ("400.5,401.5,kind\n", "kind", "400.5"), ("5.0,3.3,c\n", "c", "5.0")]
        {
            let problem = CsvProblem::UnclearHeader { name: name.into(), value: value.into() };
            assert_eq!(detected(&format!("{first}{measured}")), Err(problem), "{first:?}");
        }
        let numbers = "5.1,3.5,1.5\n4.9,3.0,2.5\n4.7,3.2,0.5\n";
        assert!(matches!(detected(&format!("5,3,2\n{numbers}")), Err(CsvProblem::UnclearHeader { .. })));
    }
}
