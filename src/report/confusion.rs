//! Classes of samples and what a classifier took them for.

use super::{
    Align::{Left, Right},
    Axis, Cell, Colour, Panel, Plot, Series, Table,
    format::{count, percent},
};

/// A table with a column for each of more classes is too wide to read.
const MOST_COLUMNS: usize = 12;
/// Characters of a class in the head of a column.
const HEAD: usize = 10;
/// Mistakes that are listed.
const MOST_MISTAKES: usize = 20;
/// Numbers in the cells of more classes would overlap.
const MOST_NUMBERED: usize = 40;
/// Characters of a class beside the plot.
const LABEL: usize = 20;

/// How many samples of each class were assigned to each class.
///
/// ```
/// use seal_nn::report::ConfusionMatrix;
/// let (classes, counts) = (["no".to_string(), "yes".into()], [vec![50, 2], vec![1, 27]]);
/// let matrix = ConfusionMatrix { classes: &classes, counts: &counts };
/// assert_eq!(
///     matrix.table().to_string(),
///     "class  as no  as yes\n\
///      -----  -----  ------\n\
///      no        50       2\n\
///      yes        1      27\n"
/// );
/// assert!(matrix.plot("confusion.svg", vec![]).to_svg()?.contains("50"));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConfusionMatrix<'a> {
    /// Names of the classes.
    pub classes: &'a [String],
    /// `counts[i][j]`: the number of samples of class `i` that were assigned to class `j`.
    pub counts: &'a [Vec<usize>],
}

impl ConfusionMatrix<'_> {
    /// A row for each class and a column for each class that samples were assigned to; names in the head are shortened.
    /// Beyond a dozen classes it lists the most frequent mistakes instead.
    pub fn table(&self) -> Table {
        if self.classes.len() > MOST_COLUMNS {
            return self.mistakes();
        }
        let heads = shortened(self.classes, HEAD).into_iter().map(|name| (format!("as {name}"), Right));
        let mut table = Table::new([("class".to_owned(), Left)].into_iter().chain(heads));
        for (name, row) in self.classes.iter().zip(self.counts) {
            table.row([name.clone()].into_iter().chain(row.iter().map(|&samples| count(samples as u64))));
        }
        table
    }

    /// The mistakes with the most samples, in order.
    fn mistakes(&self) -> Table {
        let mut mistakes: Vec<(usize, &String, &String, usize)> = Vec::new();
        for (i, (class, row)) in self.classes.iter().zip(self.counts).enumerate() {
            let others = self.classes.iter().zip(row).enumerate().filter(|&(j, (_, &samples))| j != i && samples > 0);
            mistakes.extend(others.map(|(_, (other, &samples))| (samples, class, other, row.iter().sum())));
        }
        // Stable: ties keep the order of the classes.
        mistakes.sort_by_key(|mistake| std::cmp::Reverse(mistake.0));
        let columns = [("class", Left), ("taken for", Left), ("samples", Right), ("of the class", Right)];
        let mut table = Table::new(columns);
        for (samples, class, other, all) in mistakes.into_iter().take(MOST_MISTAKES) {
            table.row([class, other, &count(samples as u64), &percent(samples as f64 / all as f64)]);
        }
        table
    }

    /// The matrix as a plot: a cell is as dark as its share of the samples of its class, and has their number.
    pub fn plot(&self, file: &'static str, titles: Vec<String>) -> Plot {
        let names = shortened(self.classes, LABEL);
        let numbered = names.len() <= MOST_NUMBERED;
        let cell = |i: usize, j: usize, samples: usize, all: usize| {
            let shade = if all == 0 { 0.0 } else { samples as f64 / all as f64 };
            let text = if numbered && samples > 0 { samples.to_string() } else { String::new() };
            ((j as f64, -(i as f64)), Cell { shade, text })
        };
        let rows = self.counts.iter().enumerate();
        let cells = rows.flat_map(|(i, row)| {
            let all = row.iter().sum();
            row.iter().enumerate().map(move |(j, &samples)| cell(i, j, samples, all))
        });
        let side = (names.len() as u32 * if numbered { 34 } else { 14 }).clamp(300, 1400);
        Plot {
            file,
            shows: "Samples of each class by the class that they were assigned to",
            titles,
            panel_size: (side + 240, side + 180),
            panels: vec![Panel {
                caption: String::new(),
                x: Axis::columns("assigned to", names.clone()),
                y: Axis::cells("class", names),
                series: vec![Series::cells(Colour::CLEAR, cells)],
                legend: None,
            }],
        }
    }
}

/// Precision, recall, F1 and the number of samples of each class.
///
/// ```
/// let table = seal_nn::report::class_table([("setosa", [1.0, 0.9, 0.947], 10)]);
/// assert_eq!(
///     table.to_markdown(),
///     "| class | precision | recall | F1 | samples |\n\
///      |:--|--:|--:|--:|--:|\n\
///      | setosa | 100.0% | 90.0% | 94.7% | 10 |\n"
/// );
/// ```
pub fn class_table<'a>(rows: impl IntoIterator<Item = (&'a str, [f64; 3], usize)>) -> Table {
    let heads = ["precision", "recall", "F1", "samples"].map(|head| (head, Right));
    let mut table = Table::new([("class", Left)].into_iter().chain(heads));
    for (name, shares, samples) in rows {
        let cells = shares.map(percent).into_iter().chain([count(samples as u64)]);
        table.row([name.to_owned()].into_iter().chain(cells));
    }
    table
}

/// Names of at most this many characters. Where two would be the same, they have their numbers, from 1, instead.
fn shortened(names: &[String], most: usize) -> Vec<String> {
    let short: Vec<String> = names
        .iter()
        .map(|name| match name.chars().count() > most {
            true => name.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
            false => name.clone(),
        })
        .collect();
    let unique = |name: &String| short.iter().filter(|other| *other == name).count() == 1;
    short.iter().enumerate().map(|(i, name)| if unique(name) { name.clone() } else { format!("#{}", i + 1) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DataError;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("c{i}")).collect()
    }

    #[test]
    fn long_names_are_shortened_and_stay_different() {
        let names = ["short", "a rather long name", "a rather long one"].map(String::from);
        assert_eq!(shortened(&names, 16), ["short", "a rather long n…", "a rather long o…"]);
        assert_eq!(shortened(&names, 10), ["short", "#2", "#3"]);
    }

    #[test]
    fn many_classes_become_a_list_of_mistakes() {
        let mut counts = vec![vec![0; 13]; 13];
        counts[4] = vec![10; 13];
        counts[7][2] = 25;
        counts[7][7] = 75;
        let text = ConfusionMatrix { classes: &names(13), counts: &counts }.table().to_markdown();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "| c7 | c2 | 25 | 25.0% |");
        assert_eq!((lines[1], lines.len()), ("| c4 | c0 | 10 | 7.7% |", 13), "{text}");
    }

    #[test]
    fn every_class_has_a_row_a_column_and_its_cells() -> Result<(), DataError> {
        let (classes, counts) = (names(3), [vec![5, 0, 71], vec![0, 0, 0], vec![0, 33, 0]]);
        let svg = ConfusionMatrix { classes: &classes, counts: &counts }.plot("confusion.svg", vec![]).to_svg()?;
        for name in &classes {
            assert_eq!(svg.lines().filter(|line| line.trim() == name).count(), 2, "{name} in\n{svg}");
        }
        for number in ["5", "71", "33"] {
            assert!(svg.lines().any(|line| line.trim() == number), "{number} is not in\n{svg}");
        }
        // The background, a frame around each of nine cells, and the colour of three.
        assert_eq!(svg.matches("<rect").count(), 1 + 9 + 3);
        Ok(())
    }

    #[test]
    fn any_number_of_classes_can_be_drawn() -> Result<(), DataError> {
        for classes in [0, 1, 41, 100] {
            let counts = vec![vec![1; classes]; classes];
            let svg = ConfusionMatrix { classes: &names(classes), counts: &counts }.plot("c.svg", vec![]).to_svg()?;
            assert!(svg.contains("assigned to"));
        }
        Ok(())
    }
}
