//! Tables for the terminal and for Markdown.

use std::fmt;

use super::format::printable;

/// The side of its column that a cell stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of text under headers. It displays as aligned text. Control characters are shown, not kept.
///
/// ```
/// use seal_nn::report::{Align, Table};
/// let mut table = Table::new([("operation", Align::Left), ("count", Align::Right)]);
/// table.row(["rotation", "42"]);
/// assert_eq!(table.to_string(), "operation  count\n---------  -----\nrotation      42\n");
/// assert_eq!(table.to_markdown(), "| operation | count |\n|:--|--:|\n| rotation | 42 |\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    headers: Vec<String>,
    alignment: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<H: Into<String>>(columns: impl IntoIterator<Item = (H, Align)>) -> Table {
        let (headers, alignment) =
            columns.into_iter().map(|(header, align)| (printable(&header.into()), align)).unzip();
        Table { headers, alignment, rows: Vec::new() }
    }

    /// Names of figures with their values, under `metric` and `value`.
    pub fn metrics<N: Into<String>, V: Into<String>>(rows: impl IntoIterator<Item = (N, V)>) -> Table {
        let mut table = Table::new([("metric", Align::Left), ("value", Align::Right)]);
        for (name, value) in rows {
            table.row([name.into(), value.into()]);
        }
        table
    }

    /// Adds a row. Cells that are missing stay blank; cells beyond the last column are left out.
    pub fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Table {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| printable(&cell.into())).collect();
        cells.resize(self.headers.len(), String::new());
        self.rows.push(cells);
        self
    }

    /// The table in Markdown (GitHub's dialect), one line a row.
    pub fn to_markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: Vec<&str> =
            self.alignment.iter().map(|align| if *align == Align::Left { ":--" } else { "--:" }).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}|{}|\n{rows}", line(&self.headers), rule.join("|"))
    }

    /// Characters in the widest cell of each column.
    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| &row[column]);
            cells.chain([&self.headers[column]]).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..self.headers.len()).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
        for cells in [&self.headers, &rule].into_iter().chain(&self.rows) {
            let padded: Vec<String> = cells
                .iter()
                .zip(&widths)
                .zip(&self.alignment)
                .map(|((cell, &width), align)| (in_a_line(cell), width, align))
                .map(|(cell, width, align)| match align {
                    Align::Left => format!("{cell:<width$}"),
                    Align::Right => format!("{cell:>width$}"),
                })
                .collect();
            writeln!(f, "{}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A cell must neither end its column nor its line.
fn escape(cell: &str) -> String {
    in_a_line(cell).replace('|', "\\|")
}

/// With as many characters.
fn in_a_line(cell: &str) -> String {
    cell.replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_stand_on_their_side() {
        let mut table = Table::new([("name", Align::Left), ("ms", Align::Right), ("note", Align::Left)]);
        table.row(["µ", "1.25", "first"]).row(["rescale", "10"]);
        assert_eq!(
            table.to_string(),
            "name       ms  note\n\
             -------  ----  -----\n\
             µ        1.25  first\n\
             rescale    10\n"
        );
    }

    #[test]
    fn control_characters_are_shown_and_counted() {
        let mut table = Table::new([("a\u{1b}", Align::Right)]);
        table.row(["\u{1b}[31mred\u{202e}"]);
        assert_eq!(table.to_string().lines().next(), Some("              a\\u{1b}"));
        assert_eq!(table.to_string().lines().nth(2), Some("\\u{1b}[31mred\\u{202e}"));
    }

    #[test]
    fn markdown_cells_cannot_break_the_table() {
        let mut table = Table::new([("a|b", Align::Left)]);
        table.row(["x\ny", "beyond the last column"]);
        assert_eq!(table.to_markdown(), "| a\\|b |\n|:--|\n| x y |\n");
        assert_eq!(table.to_string(), "a|b\n---\nx y\n");
    }

    proptest! {
        #[test]
        fn every_line_has_every_column(cells in prop::collection::vec("[a-zé0-9]{1,9}", 0..24)) {
            let mut table = Table::new([("one", Align::Right), ("two", Align::Left), ("three", Align::Right)]);
            for row in cells.chunks_exact(3) {
                table.row(row);
            }
            let text = table.to_string();
            prop_assert_eq!(text.lines().count(), 2 + cells.len() / 3);
            let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
            prop_assert!(widths.windows(2).all(|pair| pair[0] == pair[1])); // the last column is on the right
            prop_assert!(table.to_markdown().lines().all(|line| line.matches('|').count() == 4));
        }
    }
}
