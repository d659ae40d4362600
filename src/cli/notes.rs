//! What was noticed in a file, and what is in a table, in words.

use seal_nn::data::{CLIP, Note, Reason, Values};

use super::problem::Problem;

/// Names in a list before it is cut off.
const MOST: usize = 8;

/// A line per note; those of one kind that concern several columns share one.
pub fn print(notes: &[Note]) {
    lines(notes).iter().for_each(|line| say!("note        {line}"));
}

/// Those of samples from a number on that were not said of earlier ones.
pub fn print_from(before: usize, notes: &[Note], said: &[Note]) {
    let new: Vec<Note> = notes.iter().filter(|note| !said.contains(note)).cloned().collect();
    lines(&new).iter().for_each(|line| say!("note        from sample {} on: {line}", before + 1));
}

fn lines(notes: &[Note]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for note in notes {
        let (line, column) = words(note);
        match (lines.iter_mut().find(|(known, _)| *known == line), column) {
            (Some((_, columns)), Some(column)) => columns.push(column),
            (_, column) => lines.push((line, column.into_iter().collect())),
        }
    }
    let with_columns = |(line, columns): (String, Vec<String>)| match columns[..] {
        [] => line,
        _ => format!("{line}: {}", list(columns.into_iter(), MOST)),
    };
    lines.into_iter().map(with_columns).collect()
}

/// Classes with their numbers of samples, or the range of the numbers to predict, and columns with their ranges or words.
pub fn describe(problem: &Problem) -> String {
    let columns = problem.table().columns().iter().map(|column| match &column.values {
        Values::Numbers(numbers) => {
            let present = || numbers.iter().copied().filter(|number| !number.is_nan());
            let (least, most) = (present().fold(f64::INFINITY, f64::min), present().fold(f64::NEG_INFINITY, f64::max));
            format!("{} ({} to {})", column.name, short(least), short(most))
        }
        Values::Words(words) => {
            let counts = words.counts();
            format!("{} ({})", column.name, list(counts.keys().map(|&word| word.to_owned()), 4))
        }
    });
    let target = match problem {
        Problem::Classes(table) => {
            let counts = table.classes.iter().zip(table.class_counts());
            format!("classes     {}", list(counts.map(|(class, count)| format!("{class} ({count})")), MOST))
        }
        Problem::Numbers(table) => {
            let (least, most) = (
                table.values.iter().copied().fold(f64::INFINITY, f64::min),
                table.values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            );
            format!("numbers     {} ({} to {})", table.target, short(least), short(most))
        }
    };
    format!("{target}\ncolumns     {}", list(columns, MOST))
}

/// What a note says, and the column that it concerns if others may share the line.
fn words(note: &Note) -> (String, Option<String>) {
    let line = match note {
        Note::Separator(separator) => {
            let name = match separator {
                ';' => "semicolons".to_owned(),
                '\t' => "tabs".to_owned(),
                other => format!("{other:?}"),
            };
            format!("cells are separated by {name} (--separator names another character)")
        }
        Note::DecimalComma => "numbers have a decimal comma (--decimal-comma false reads commas otherwise)".into(),
        Note::TrailingSeparator => "the separator (a comma or the like) at the end of lines is ignored".into(),
        Note::NumbersAsNames { names } => format!(
            "the first line is taken for names, not for a sample (--header no reads it as a sample): {}",
            list(names.iter().cloned(), MOST)
        ),
        Note::RepeatedName { name } => {
            let line = "several columns have the same name and are numbered, as in x, x.1 and x.2";
            return (line.into(), Some(name.clone()));
        }
        Note::LeftOut { column, number, reason } => {
            let why = match reason {
                Reason::Asked => "left out as asked",
                Reason::Index => "left out as an index of the samples (--keep COLUMN uses it)",
                Reason::Identifiers => "left out as identifiers (--keep COLUMN uses them)",
                Reason::DifferentWords => {
                    "left out because nearly every sample has a different word (--keep COLUMN uses it)"
                }
                Reason::WrittenNumbers => {
                    "left out because its numbers have other signs, such as $, % or commas between digits: write plain \
                     numbers (--keep COLUMN takes them for words)"
                }
                Reason::Empty => "left out because it is empty",
                Reason::Constant => "left out because every sample has the same value",
                _ => "left out",
            };
            return (why.into(), Some(format!("column {number} ({column})")));
        }
        Note::NoTarget { samples } => format!("samples without a class, which are left out: {samples}"),
        Note::NoNumber { samples } => {
            format!("samples without a number to predict, which are left out: {samples}")
        }
        Note::SameClass { class, spellings } => format!(
            "class {class:?} is also written {}: the same number, so one class",
            list(spellings.iter().map(|spelling| format!("{spelling:?}")), MOST)
        ),
        Note::SimilarClasses { classes } => format!(
            "classes {} differ only in upper and lower case or blanks, but are taken for different classes: correct \
             the file if they are one",
            list(classes.iter().map(|class| format!("{class:?}")), MOST)
        ),
        Note::Filled { column, gaps, with } => {
            return ("gaps are filled".into(), Some(format!("{column} ({gaps} with {with})")));
        }
        Note::UnknownWords { column, words, samples } => {
            let line = "samples with words that the training samples do not have, or hardly";
            return (line.into(), Some(format!("{samples} in {column} ({})", list(words.iter().cloned(), 4))));
        }
        Note::Hinges { columns } => format!(
            "columns of numbers with a second feature, max(number - median, 0), so that the network may bend there: \
             {columns}"
        ),
        Note::Reduced { features, components } => {
            format!(
                "{features} features are reduced to {components} principal components, which need fewer ciphertexts"
            )
        }
        Note::FarOut { column, furthest } => {
            let line = "numbers so far from the others that these are nearly the same after scaling (correct them, or \
                        --ignore COLUMN)";
            return (line.into(), Some(format!("{column} ({furthest})")));
        }
        Note::Clipped { column, clipped, samples } => {
            let line = format!(
                "samples more than {CLIP} deviations from the mean of the training samples, which count as {CLIP} (other \
                 units than in the training file?)"
            );
            return (line, Some(format!("{clipped} of {samples} in {column}")));
        }
        Note::NamesMatchedLoosely { pairs } => format!(
            "columns are matched by name without regard to upper and lower case or blanks: {}",
            list(pairs.iter().map(|(feature, column)| format!("{column} for {feature}")), MOST)
        ),
        Note::ByPosition => "columns are taken by position, in the order of the model's features".into(),
        Note::Unused { columns } => {
            format!("columns that the model does not use: {}", list(columns.iter().cloned(), MOST))
        }
        other => format!("{other:?}"),
    };
    (line, None)
}

/// The first of many, and how many more there are.
fn list(items: impl Iterator<Item = String>, most: usize) -> String {
    // Names may have ends of lines, which would pass for lines of the program's.
    let items: Vec<String> = items.map(|item| item.replace('\n', "\\n").replace('\t', "\\t")).collect();
    let shown = if items.len() > most + 1 { most } else { items.len() };
    let more = if shown < items.len() { format!(" and {} more", items.len() - shown) } else { String::new() };
    items[..shown].join(", ") + &more
}

/// A number with as many digits as it needs, but no more than four.
fn short(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 || (1e-3..1e6).contains(&size) {
        let decimals = (3 - size.max(1e-3).log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{number:.decimals$}");
        return if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    }
    format!("{number:.3e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_are_short() {
        let numbers = [0.0, 5.1, -0.765, 1234.5678, 123456.0, 1.288e-170, 4.0312345e200, 0.0123456];
        let texts = ["0", "5.1", "-0.765", "1235", "123456", "1.288e-170", "4.031e200", "0.01235"];
        assert_eq!(numbers.map(short), texts);
        let items = |count: usize| list((0..count).map(|i| i.to_string()), 3);
        assert_eq!([items(3), items(4), items(9)], ["0, 1, 2", "0, 1, 2, 3", "0, 1, 2 and 6 more"]);
        assert_eq!(list(["a\nerror: none".to_owned()].into_iter(), 3), "a\\nerror: none");
    }
}
