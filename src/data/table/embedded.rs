//! Embeddings as a table.

use ndarray::{ArrayView1, Axis, concatenate};

use super::{Column, LabelledTable, Table, Values};
use crate::{
    data::{Embeddings, Scaling},
    error::DataError,
};

impl LabelledTable {
    /// The embeddings of a training part and of a test part ([`Embeddings::load`]), with a column for each entry. All entries
    /// are of one kind, so they are scaled alike. Classes are named by their numbers.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use seal_nn::data::{Embeddings, LabelledTable};
    /// let part = |samples: usize| Embeddings::new(
    ///     Array2::from_shape_fn((samples, 3), |(i, j)| ((3 * i + j) as f64).sin()),
    ///     (0..samples).map(|i| i % 2).collect(),
    /// );
    /// let table = LabelledTable::from_embeddings("sentences", &part(20)?, &part(6)?)?;
    /// let (train, test) = table.split(0.2, 0)?;
    /// assert_eq!((train.labels.len(), test.labels.len()), (20, 6)); // whatever the share
    /// # Ok::<(), seal_nn::DataError>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::WrongFeatures` for parts of different widths; `DataError::NoSamples` without samples or entries.
    pub fn from_embeddings(
        name: impl Into<String>,
        train: &Embeddings,
        test: &Embeddings,
    ) -> Result<LabelledTable, DataError> {
        let (expected, actual) = (train.vectors.ncols(), test.vectors.ncols());
        let vectors = concatenate(Axis(0), &[train.vectors.view(), test.vectors.view()])
            .map_err(|_| DataError::WrongFeatures { expected, actual })?;
        let column = |(entry, values): (usize, ArrayView1<f64>)| Column {
            name: format!("entry {}", entry + 1),
            values: Values::Numbers(values.to_vec()),
        };
        let columns = vectors.columns().into_iter().enumerate().map(column).collect();
        Ok(LabelledTable {
            name: name.into(),
            table: Table::new(columns)?.with_scaling(Scaling::Global),
            labels: [&train.labels[..], &test.labels].concat(),
            classes: (0..train.classes().max(test.classes())).map(|class| class.to_string()).collect(),
            held_out: Some(test.labels.len()),
        })
    }
}
