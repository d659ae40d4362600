//! Classes and scores, as a table and as CSV.

use ndarray::Array2;
use seal_nn::{
    Result,
    nn::predicted_classes,
    report::{Align, Table},
};

/// The results of an inference. The class of a sample is that of its largest score.
pub struct Predictions<'a> {
    pub classes: &'a [String],
    /// samples x classes.
    pub outputs: &'a Array2<f64>,
    /// The true classes, if they are known.
    pub labels: Option<&'a [usize]>,
}

impl Predictions<'_> {
    /// For people: scores to four decimals, and the true class if the prediction is wrong.
    pub fn table(&self) -> Result<Table> {
        let scores = self.classes.iter().map(|class| (class.clone(), Align::Right));
        let mut columns = vec![("sample".to_owned(), Align::Right), ("class".to_owned(), Align::Left)];
        columns.extend(scores);
        columns.extend(self.labels.map(|_| ("true class".to_owned(), Align::Left)));
        let mut table = Table::new(columns);
        for (sample, class) in predicted_classes(self.outputs)?.into_iter().enumerate() {
            let scores = self.outputs.row(sample);
            let mut cells = vec![(sample + 1).to_string(), self.classes[class].clone()];
            cells.extend(scores.iter().map(|score| format!("{score:.4}")));
            cells.extend(self.labels.map(|labels| match labels[sample] {
                truth if truth == class => String::new(),
                truth => self.classes[truth].clone(),
            }));
            table.row(cells);
        }
        Ok(table)
    }

    /// For programs: `sample,class,score CLASS,...` with all digits.
    pub fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let scores = self.classes.iter().map(|class| format!("score {class}"));
        let header = ["sample".to_owned(), "class".to_owned()].into_iter().chain(scores);
        writer.write_record(header)?;
        for (sample, class) in predicted_classes(self.outputs)?.into_iter().enumerate() {
            let scores = self.outputs.row(sample);
            let cells = [(sample + 1).to_string(), self.classes[class].clone()].into_iter();
            writer.write_record(cells.chain(scores.iter().map(f64::to_string)))?;
        }
        Ok(writer.into_inner()?)
    }
}
