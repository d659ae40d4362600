//! Predictions, as a table and as CSV.

use ndarray::{Array2, ArrayView1, Axis};
use seal_nn::{
    Result,
    model::Task,
    nn::{classes_of_scores, metrics::Errors},
    report::{Align, Table, format},
};

use super::input::Truth;

/// The results of an inference. The class of a sample is that of its largest score, or of a single one that of its sign.
pub struct Predictions<'a> {
    pub task: &'a Task,
    /// The samples before these, in blocks of the same file.
    pub before: usize,
    /// samples x classes, or samples x 1, in the unit of what is predicted.
    pub outputs: &'a Array2<f64>,
    /// What is true, if it is known.
    pub truth: Option<&'a Truth>,
}

impl Predictions<'_> {
    /// For people: scores to four decimals, and the true class if the prediction is wrong; or numbers, and the true ones.
    pub fn table(&self) -> Result<Table> {
        let Task::Classes(names) = self.task else { return Ok(self.table_of_numbers()) };
        let scores = self.names_of_scores(names).iter().map(|class| (class.clone(), Align::Right));
        let labels = self.labels();
        let mut columns = vec![("sample".to_owned(), Align::Right), ("class".to_owned(), Align::Left)];
        columns.extend(scores);
        columns.extend(labels.map(|_| ("true class".to_owned(), Align::Left)));
        let mut table = Table::new(columns);
        for (sample, class) in classes_of_scores(self.outputs)?.into_iter().enumerate() {
            let scores = self.outputs.row(sample);
            let mut cells = vec![self.number(sample), names[class].clone()];
            cells.extend(scores.iter().map(|score| format!("{score:.4}")));
            cells.extend(labels.map(|labels| match labels[sample] {
                truth if truth == class => String::new(),
                truth => names[truth].clone(),
            }));
            table.row(cells);
        }
        Ok(table)
    }

    fn table_of_numbers(&self) -> Table {
        let numbers = self.numbers();
        let mut columns = vec![("sample".to_owned(), Align::Right), (self.name().to_owned(), Align::Right)];
        columns.extend(numbers.map(|_| (format!("true {}", self.name()), Align::Right)));
        let mut table = Table::new(columns);
        for (sample, output) in self.outputs.iter().enumerate() {
            let mut cells = vec![self.number(sample), format!("{output:.4}")];
            cells.extend(numbers.map(|numbers| numbers[sample].to_string()));
            table.row(cells);
        }
        table
    }

    /// For programs, at the end of a text: `sample,class,score CLASS,...` or `sample,NAME` with all digits. The names come
    /// before the first sample.
    pub fn write_csv(&self, text: &mut Vec<u8>) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(text);
        let is_first = self.before == 0;
        match self.task {
            Task::Classes(names) => {
                let scores = self.names_of_scores(names).iter().map(|class| format!("score {class}"));
                if is_first {
                    writer.write_record(["sample".to_owned(), "class".to_owned()].into_iter().chain(scores))?;
                }
                for (sample, class) in classes_of_scores(self.outputs)?.into_iter().enumerate() {
                    let scores = self.outputs.row(sample);
                    let cells = [self.number(sample), names[class].clone()].into_iter();
                    writer.write_record(cells.chain(scores.iter().map(f64::to_string)))?;
                }
            }
            Task::Number { name, .. } => {
                if is_first {
                    writer.write_record(["sample", name])?;
                }
                for (sample, output) in self.outputs.iter().enumerate() {
                    writer.write_record([self.number(sample), output.to_string()])?;
                }
            }
        }
        Ok(writer.flush()?)
    }

    /// Of a sample in the file, from 1.
    fn number(&self, sample: usize) -> String {
        (self.before + sample + 1).to_string()
    }

    /// The classes that have a score: of two with a single one, the second.
    fn names_of_scores<'n>(&self, names: &'n [String]) -> &'n [String] {
        &names[names.len() - self.outputs.ncols().min(names.len())..]
    }

    fn labels(&self) -> Option<&[usize]> {
        match self.truth {
            Some(Truth::Classes(labels)) => Some(labels),
            _ => None,
        }
    }

    fn numbers(&self) -> Option<&[f64]> {
        match self.truth {
            Some(Truth::Numbers(numbers)) => Some(numbers),
            _ => None,
        }
    }

    /// The name of the number.
    fn name(&self) -> &str {
        match self.task {
            Task::Number { name, .. } => name,
            Task::Classes(_) => "class",
        }
    }
}

/// How good predictions are, where that is known, a block after the other.
#[derive(Default)]
pub struct Score {
    samples: usize,
    right: usize,
    /// Predicted numbers, and the true ones.
    numbers: Vec<f64>,
    truth: Vec<f64>,
}

impl Score {
    pub fn add(&mut self, predictions: &Predictions) -> Result<()> {
        match predictions.truth {
            None => {}
            Some(Truth::Classes(labels)) => {
                self.samples += labels.len();
                self.right +=
                    classes_of_scores(predictions.outputs)?.iter().zip(labels).filter(|(a, b)| a == b).count();
            }
            Some(Truth::Numbers(numbers)) => {
                self.numbers.extend(predictions.outputs);
                self.truth.extend(numbers);
            }
        }
        Ok(())
    }

    /// In a line, if anything is known.
    pub fn summary(&self) -> Result<Option<String>> {
        if self.samples > 0 {
            let share = format::percent(self.right as f64 / self.samples as f64);
            return Ok(Some(format!("accuracy    {} of {} right ({share})", self.right, self.samples)));
        }
        if self.truth.is_empty() {
            return Ok(None);
        }
        let column = |numbers| ArrayView1::from(numbers).insert_axis(Axis(1));
        let Errors { r2, mean_absolute_error, .. } = Errors::of(column(&self.numbers), column(&self.truth))?;
        Ok(Some(format!("fit         R2 {r2:.4}, mean absolute error {mean_absolute_error:.4}")))
    }
}
