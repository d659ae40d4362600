//! The file `model.json`. docs/model.md describes it.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{HiddenActivation, Model, Task, TrainingFacts, earlier_file::EarlierFile};
use crate::{
    DataError, ModelError, ModelProblem,
    data::{Preparation, PreparedColumn, PrincipalComponents, Scaler, TargetScale},
    nn::{head::Dense, training::Bounds},
    report::OutputDir,
};

/// Name of the file in its folder.
pub(super) const NAME: &str = "model.json";
/// Increases whenever an older program could not read the file or would misinterpret it. The earlier versions are those
/// of [`EarlierFile`].
const VERSION: u64 = 3;
/// Room for ten million weights.
const MOST_BYTES: u64 = 1 << 28;

/// The file, unchecked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    version: u64,
    dataset: String,
    columns: Vec<PreparedColumn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    components: Option<PrincipalComponents>,
    scaler: ScalerFile,
    task: TaskFile,
    activation: String,
    layers: Vec<LayerFile>,
    layout: String,
    training: TrainingFacts,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScalerFile {
    pub mean: Vec<f64>,
    pub deviation: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(super) enum TaskFile {
    Classes(Vec<String>),
    Number { name: String, mean: f64, deviation: f64 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerFile {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
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
    match version {
        1 | 2 => serde_json::from_slice::<EarlierFile>(text).map_err(unreadable)?.check(),
        VERSION => serde_json::from_slice::<ModelFile>(text).map_err(unreadable)?.check(),
        actual => Err(ModelProblem::WrongVersion { expected: VERSION, actual }),
    }
}

impl From<&Model> for ModelFile {
    fn from(model: &Model) -> ModelFile {
        let layer = |layer: &Dense| LayerFile {
            weights: layer.weights.rows().into_iter().map(|row| row.to_vec()).collect(),
            bias: layer.bias.to_vec(),
        };
        ModelFile {
            version: VERSION,
            dataset: model.dataset.clone(),
            columns: model.preparation.columns().to_vec(),
            components: model.preparation.components().cloned(),
            scaler: model.scaler().into(),
            task: TaskFile::from(&model.task),
            activation: model.activation.to_string(),
            layers: model.layers.iter().map(layer).collect(),
            layout: model.layout.to_string(),
            training: model.training.clone(),
        }
    }
}

impl ModelFile {
    fn check(self) -> Result<Model, ModelProblem> {
        let width: usize = self.columns.iter().map(PreparedColumn::width).sum();
        if let Some(components) = &self.components {
            check_length("columns", components.features(), width)?;
        }
        let features = self.components.as_ref().map_or(width, PrincipalComponents::count);
        check_length("scaler", features, self.scaler.mean.len())?;
        let scaler = self.scaler.check()?;
        let preparation =
            Preparation::new(self.columns, self.components, scaler).map_err(|error| bad("columns", error))?;
        let task = self.task.check()?;
        let activation: HiddenActivation = self.activation.parse().map_err(|error| bad("activation", error))?;
        let layers = layers_of(features, self.layers)?;
        let outputs = layers.last().map_or(0, |last| last.bias.len());
        task.check_outputs(outputs).map_err(|error| bad("task", error))?;
        let model = Model::of_layers(activation, layers, preparation, task).map_err(|error| bad("layers", error))?;
        let layout = self.layout.parse().map_err(|error| bad("layout", error))?;
        Ok(model.with_dataset(self.dataset).with_layout(layout).with_training(self.training))
    }
}

impl From<&Task> for TaskFile {
    fn from(task: &Task) -> TaskFile {
        match task {
            Task::Classes(names) => TaskFile::Classes(names.clone()),
            Task::Number { name, scale } => {
                TaskFile::Number { name: name.clone(), mean: scale.mean(), deviation: scale.deviation() }
            }
        }
    }
}

impl TaskFile {
    pub(super) fn check(self) -> Result<Task, ModelProblem> {
        Ok(match self {
            TaskFile::Classes(names) => Task::Classes(names),
            TaskFile::Number { name, mean, deviation } => {
                let scale = TargetScale::new(mean, deviation).map_err(|error| bad("task", error))?;
                Task::Number { name, scale }
            }
        })
    }
}

impl From<&Scaler> for ScalerFile {
    fn from(scaler: &Scaler) -> ScalerFile {
        ScalerFile { mean: scaler.mean().to_vec(), deviation: scaler.deviation().to_vec() }
    }
}

impl ScalerFile {
    pub(super) fn check(self) -> Result<Scaler, ModelProblem> {
        Scaler::new(self.mean, self.deviation).map_err(|error| bad("scaler", error))
    }
}

/// Layers that follow each other. JSON has no numbers that are not finite.
fn layers_of(features: usize, layers: Vec<LayerFile>) -> Result<Vec<Dense>, ModelProblem> {
    if layers.is_empty() {
        return Err(bad("layers", "there are none"));
    }
    let mut inputs = features;
    let mut checked = Vec::with_capacity(layers.len());
    for (l, LayerFile { weights, bias }) in layers.into_iter().enumerate() {
        check_length(format!("layers[{l}].weights"), bias.len(), weights.len())?;
        for (unit, row) in weights.iter().enumerate() {
            check_length(format!("layers[{l}].weights[{unit}]"), inputs, row.len())?;
        }
        let matrix =
            Array2::from_shape_vec((bias.len(), inputs), weights.concat()).map_err(|error| bad("layers", error))?;
        check_largest(&format!("layers[{l}]"), matrix.iter().chain(&bias))?;
        inputs = bias.len();
        checked.push(Dense { weights: matrix, bias: Array1::from(bias) });
    }
    Ok(checked)
}

/// Returns an error for weights out of the range that training keeps and that the parameters have room for.
pub(super) fn check_largest<'a>(field: &str, weights: impl IntoIterator<Item = &'a f64>) -> Result<(), ModelProblem> {
    let most = Bounds::default().max_weight;
    let actual = weights.into_iter().fold(0.0, |largest: f64, weight| largest.max(weight.abs()));
    if actual >= most {
        return Err(bad(field, format!("the largest weight is {actual:.1e}, and training keeps them below {most}")));
    }
    Ok(())
}

pub(super) fn check_length(field: impl Into<String>, expected: usize, actual: usize) -> Result<(), ModelProblem> {
    if actual == expected {
        return Ok(());
    }
    Err(ModelProblem::WrongLength { field: field.into(), expected, actual })
}

pub(super) fn bad(field: &str, reason: impl ToString) -> ModelProblem {
    ModelProblem::BadField { field: field.into(), reason: reason.to_string() }
}
