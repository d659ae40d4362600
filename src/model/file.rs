//! The file `model.json`. docs/model.md describes it.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Model, TrainingFacts};
use crate::{
    DataError, ModelError, ModelProblem,
    data::{Preparation, PreparedColumn, PrincipalComponents, Scaler},
    nn::{Network, Weights, training::Bounds},
    report::OutputDir,
};

/// Name of the file in its folder.
pub(super) const NAME: &str = "model.json";
/// Increases whenever an older program could not read the file or would misinterpret it. Version 1 had names of
/// features, all numbers, instead of columns, and no `training.data`; version 2 had no hinges and no components.
const VERSION: u64 = 3;
/// Room for ten million weights.
const MOST_BYTES: u64 = 1 << 28;

/// The file, unchecked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    version: u64,
    dataset: String,
    #[serde(default, skip_serializing)]
    features: Option<Vec<String>>,
    #[serde(default)]
    columns: Vec<PreparedColumn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    components: Option<PrincipalComponents>,
    classes: Vec<String>,
    network: String,
    activation: String,
    bias: bool,
    layout: String,
    scaler: ScalerFile,
    weights: Vec<Vec<Vec<f64>>>,
    training: TrainingFacts,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScalerFile {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// The field that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Writes the model, readable by its owner only.
pub fn save(model: &Model, folder: &Path) -> Result<PathBuf, DataError> {
    let folder = OutputDir::create(folder)?;
    let text = serde_json::to_string(&ModelFile::from(model))
        .map_err(|error| DataError::WriteFile { path: folder.path().join(NAME), source: error.into() })?;
    folder.write_private(NAME, text + "\n")
}

/// Reads and checks the model in a folder.
pub fn load(folder: &Path) -> Result<Model, DataError> {
    let path = folder.join(NAME);
    let mut text = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text))
        .map_err(|source| DataError::ReadFile { path: path.clone(), source })?;
    parse(&text).map_err(|problem| ModelError { path, problem }.into())
}

fn parse(text: &[u8]) -> Result<Model, ModelProblem> {
    if text.len() as u64 > MOST_BYTES {
        return Err(ModelProblem::TooLarge { most: MOST_BYTES });
    }
    let unreadable = |error: serde_json::Error| ModelProblem::Unreadable { reason: error.to_string() };
    let Versioned { version } = serde_json::from_slice(text).map_err(unreadable)?;
    if !(1..=VERSION).contains(&version) {
        return Err(ModelProblem::WrongVersion { expected: VERSION, actual: version });
    }
    serde_json::from_slice::<ModelFile>(text).map_err(unreadable)?.check()
}

impl From<&Model> for ModelFile {
    fn from(model: &Model) -> ModelFile {
        let scaler = model.scaler();
        ModelFile {
            version: VERSION,
            dataset: model.dataset.clone(),
            features: None,
            columns: model.preparation.columns().to_vec(),
            components: model.preparation.components().cloned(),
            classes: model.classes.clone(),
            network: model.network.to_string(),
            activation: model.network.activation().to_string(),
            bias: model.network.has_bias(),
            layout: model.layout.to_string(),
            scaler: ScalerFile { mean: scaler.mean().to_vec(), deviation: scaler.deviation().to_vec() },
            weights: model.weights.clone().into(),
            training: model.training.clone(),
        }
    }
}

impl ModelFile {
    fn check(self) -> Result<Model, ModelProblem> {
        let network = self.network.parse::<Network>().map_err(|error| bad("network", error))?;
        let network = network.with_activation(self.activation.parse().map_err(|error| bad("activation", error))?);
        let network = if self.bias { network.with_bias() } else { network };
        let columns = match (self.version, self.features) {
            (1, Some(names)) => names.into_iter().map(PreparedColumn::number).collect(),
            (_, None) => self.columns,
            (_, Some(_)) => return Err(bad("features", "a field of version 1, which has no columns")),
        };
        let width = columns.iter().map(PreparedColumn::width).sum();
        if let Some(components) = &self.components {
            check_length("components", network.features(), components.count())?;
            check_length("columns", components.features(), width)?;
        } else {
            check_length("columns", network.features(), width)?;
        }
        check_length("classes", network.outputs(), self.classes.len())?;
        check_length("scaler", network.features(), self.scaler.mean.len())?;
        let scaler = Scaler::new(self.scaler.mean, self.scaler.deviation).map_err(|error| bad("scaler", error))?;
        let weights = weights_of(&network, &self.weights)?;
        Ok(Model {
            dataset: self.dataset,
            preparation: Preparation::new(columns, self.components, scaler).map_err(|error| bad("columns", error))?,
            classes: self.classes,
            network,
            layout: self.layout.parse().map_err(|error| bad("layout", error))?,
            weights,
            training: self.training,
        })
    }
}

/// Weights of the network's shape, in the range that training keeps and that the parameters have room for. JSON has no
/// numbers that are not finite.
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
    let (most, actual) = (Bounds::default().max_weight, weights.max_abs());
    if actual >= most {
        return Err(bad("weights", format!("the largest is {actual:.1e}, and training keeps them below {most}")));
    }
    Ok(weights)
}

fn check_length(field: impl Into<String>, expected: usize, actual: usize) -> Result<(), ModelProblem> {
    if actual == expected {
        return Ok(());
    }
    Err(ModelProblem::WrongLength { field: field.into(), expected, actual })
}

fn bad(field: &str, reason: impl ToString) -> ModelProblem {
    ModelProblem::BadField { field: field.into(), reason: reason.to_string() }
}
