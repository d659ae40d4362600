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
            let mut cells = vec![(sample + 1).to_string(), names[class].clone()];
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
            let mut cells = vec![(sample + 1).to_string(), format!("{output:.4}")];
            cells.extend(numbers.map(|numbers| numbers[sample].to_string()));
            table.row(cells);
        }
        table
    }

    /// How good they are, if that is known.
    pub fn summary(&self) -> Result<Option<String>> {
        Ok(match self.truth {
            None => None,
            Some(Truth::Classes(labels)) => {
                let right = classes_of_scores(self.outputs)?.iter().zip(labels).filter(|(a, b)| a == b).count();
                let share = format::percent(right as f64 / labels.len() as f64);
                Some(format!("accuracy    {right} of {} right ({share})", labels.len()))
            }
            Some(Truth::Numbers(numbers)) => {
                let truth = ArrayView1::from(numbers).insert_axis(Axis(1));
                let Errors { r2, mean_absolute_error, .. } = Errors::of(self.outputs.view(), truth)?;
                Some(format!("fit         R2 {r2:.4}, mean absolute error {mean_absolute_error:.4}"))
            }
        })
    }

    /// For programs: `sample,class,score CLASS,...` or `sample,NAME` with all digits.
    pub fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        match self.task {
            Task::Classes(names) => {
                let scores = self.names_of_scores(names).iter().map(|class| format!("score {class}"));
                writer.write_record(["sample".to_owned(), "class".to_owned()].into_iter().chain(scores))?;
                for (sample, class) in classes_of_scores(self.outputs)?.into_iter().enumerate() {
                    let scores = self.outputs.row(sample);
                    let cells = [(sample + 1).to_string(), names[class].clone()].into_iter();
                    writer.write_record(cells.chain(scores.iter().map(f64::to_string)))?;
                }
            }
            Task::Number { name, .. } => {
                writer.write_record(["sample", name])?;
                for (sample, output) in self.outputs.iter().enumerate() {
                    writer.write_record([(sample + 1).to_string(), output.to_string()])?;
                }
            }
        }
        Ok(writer.into_inner()?)
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
