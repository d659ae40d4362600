//! How a CSV file is written: its separator and its decimal sign, as given or as detected.

use std::io;

use csv::{ReaderBuilder, StringRecord, Trim};

/// How to read a CSV file. What is `None` is detected, and noted where it is not the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvFormat {
    /// The ASCII character between cells.
    pub separator: Option<u8>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Whether the first line has the names of the columns.
    pub header: Option<bool>,
}

/// The usual separator, and those that are detected besides.
pub(super) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Lines that are looked at to find the separator.
const LINES: usize = 200;

/// A reader of lines of any length, whose lengths are checked where their line number is known.
pub(super) fn reader<R: io::Read>(text: R, separator: u8) -> csv::Reader<R> {
    ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).delimiter(separator).from_reader(text)
}

/// The separator that cuts most lines into the same number of cells, and leaves the cleanest ones: numbers, or words
/// that contain no other separator. `5,1;3,5;a` has as many commas as semicolons in every line.
pub(super) fn separator(text: &[u8]) -> u8 {
    let scores = SEPARATORS.map(|separator| score(text, separator));
    let best = scores.iter().fold(0.0, |best: f64, &score| best.max(score));
    // Without any separator, the usual one.
    SEPARATORS.into_iter().zip(scores).find(|&(_, score)| score == best).map_or(SEPARATORS[0], |(found, _)| found)
}

fn score(text: &[u8], separator: u8) -> f64 {
    let lines: Vec<StringRecord> = reader(text, separator).records().take(LINES).filter_map(Result::ok).collect();
    let lengths: Vec<usize> = lines.iter().map(StringRecord::len).collect();
    let usual = most_frequent(&lengths);
    if usual < 2 {
        return 0.0;
    }
    let agreeing = lengths.iter().filter(|&&length| length == usual).count() as f64 / lengths.len() as f64;
    let cells = || lines.iter().flat_map(StringRecord::iter);
    let clean = |cell: &&str| number(cell, separator != b',').is_some() || !cell.contains(is_separator);
    agreeing * cells().filter(clean).count() as f64 / cells().count() as f64
}

fn is_separator(character: char) -> bool {
    SEPARATORS.iter().any(|&separator| char::from(separator) == character)
}

fn most_frequent(lengths: &[usize]) -> usize {
    let count = |length: usize| lengths.iter().filter(|&&other| other == length).count();
    lengths.iter().copied().max_by_key(|&length| count(length)).unwrap_or(0)
}

/// Whether numbers have a decimal comma: some do, and none has a decimal point.
pub(super) fn decimal_comma<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let mut found = false;
    for cell in cells {
        match (cell.contains(','), cell.contains('.')) {
            (true, false) => found |= number(cell, true).is_some(),
            (false, true) if number(cell, false).is_some() => return false,
            _ => {}
        }
    }
    found
}

/// The number in a cell, which may be infinite or NaN.
pub(super) fn number(cell: &str, decimal_comma: bool) -> Option<f64> {
    match decimal_comma && cell.contains(',') {
        true if cell.contains('.') => None,
        true => cell.replacen(',', ".", 1).parse().ok(),
        false => cell.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_leaves_clean_cells() {
        for (text, expected) in [
            ("5.1,3.5,a\n4.9,3.0,b\n", b','),
            ("5,1;3,5;a\n4,9;3,0;b\n", b';'),
            ("length;width\n5,1;3,5\n4,9;3,0\n", b';'),
            ("5.1\t3.5\ta, or b\n4.9\t3.0\tb\n", b'\t'),
            ("5.1|3.5|a\n4.9|3.0|b\n", b'|'),
            ("5.1,3.5,\"a;b\"\n4.9,3.0,c;d\n1,2,e;f\n", b','),
            // One line is too short, and still there is no doubt.
            ("5,1;3,5;a\n4,9;3,0;b\n4,9;3\n5,1;3,5;a\n", b';'),
            ("alone\n", b','),
            ("", b','),
        ] {
            assert_eq!(separator(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn decimal_commas_need_numbers_and_no_points() {
        for (cells, expected) in [
            (&["5,1", "3,5", "a,b"][..], true),
            (&["5,1", "3.5"], false),
            (&["a,b", "3"], false),
            (&["-0,5e3", "v1.0"], true),
            (&[], false),
        ] {
            assert_eq!(decimal_comma(cells.iter().copied()), expected, "{cells:?}");
        }
        assert_eq!(number("1,5", true), Some(1.5));
        assert_eq!(number("1.5", true), Some(1.5));
        assert_eq!([number("1.234,5", true), number("1,234,5", true), number("1,5", false)], [None; 3]);
    }
}
