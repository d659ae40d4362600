//! Earlier versions of `model.json`: networks without biases, but with a constant input.

use serde::Deserialize;

use super::{
    Model, TrainingFacts,
    file::{ScalerFile, bad, check_largest, check_length},
};
use crate::{
    ModelProblem,
    data::{Preparation, PreparedColumn},
    nn::{Network, Weights},
};

/// The file, unchecked. Version 1 had names of features, all numbers, instead of columns, and no `training.data`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlierFile {
    version: u64,
    dataset: String,
    features: Option<Vec<String>>,
    #[serde(default)]
    columns: Vec<PreparedColumn>,
    classes: Vec<String>,
    network: String,
    activation: String,
    bias: bool,
    layout: String,
    scaler: ScalerFile,
    weights: Vec<Vec<Vec<f64>>>,
    training: TrainingFacts,
}

impl EarlierFile {
    pub(super) fn check(self) -> Result<Model, ModelProblem> {
        let network = self.network.parse::<Network>().map_err(|error| bad("network", error))?;
        let network = network.with_activation(self.activation.parse().map_err(|error| bad("activation", error))?);
        let network = if self.bias { network.with_bias() } else { network };
        let columns = match (self.version, self.features) {
            (1, Some(names)) => names.into_iter().map(PreparedColumn::number).collect(),
            (_, None) => self.columns,
            (_, Some(_)) => return Err(bad("features", "a field of version 1, which has no columns")),
        };
        check_length("columns", network.features(), columns.iter().map(PreparedColumn::width).sum())?;
        check_length("classes", network.outputs(), self.classes.len())?;
        check_length("scaler", network.features(), self.scaler.mean.len())?;
        let scaler = self.scaler.check()?;
        let weights = weights_of(&network, &self.weights)?;
        let preparation = Preparation::new(columns, None, scaler.clone()).map_err(|error| bad("columns", error))?;
        let layout = self.layout.parse().map_err(|error| bad("layout", error))?;
        let model = Model::new(network, weights, scaler).and_then(|model| model.with_preparation(preparation));
        let model = model.and_then(|model| model.with_classes(self.classes)).map_err(|error| bad("weights", error))?;
        Ok(model.with_dataset(self.dataset).with_layout(layout).with_training(self.training))
    }
}

/// Weights of the network's shape.
fn weights_of(network: &Network, matrices: &[Vec<Vec<f64>>]) -> Result<Weights, ModelProblem> {
    check_length("weights", network.layers(), matrices.len())?;
    let mut weights = Weights::zeros(network);
    for (layer, (matrix, rows)) in weights.0.iter_mut().zip(matrices).enumerate() {
        check_length(format!("weights[{layer}]"), matrix.nrows(), rows.len())?;
        for (unit, (mut row, values)) in matrix.rows_mut().into_iter().zip(rows).enumerate() {
            check_length(format!("weights[{layer}][{unit}]"), row.len(), values.len())?;
            row.iter_mut().zip(values).for_each(|(weight, &value)| *weight = value);
        }
    }
    check_largest("weights", weights.0.iter().flatten())?;
    Ok(weights)
}
