//! The model that `train` saves and `infer` reads. docs/model.md describes the file.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use ndarray::Array2;
use seal_nn::{
    DataError, ModelError, ModelProblem,
    data::Scaler,
    nn::{Network, Weights, layout::LayoutKind, training::Bounds},
    report::OutputDir,
};
use serde::{Deserialize, Serialize};

/// Name of the file in the output folder.
pub const FILE: &str = "model.json";
/// Increases whenever an older program could not read the file or would misinterpret it.
const VERSION: u64 = 1;
/// Room for ten million weights.
const MOST_BYTES: u64 = 1 << 28;

/// A trained network with everything needed to use it, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub dataset: String,
    pub features: Vec<String>,
    pub classes: Vec<String>,
    pub network: Network,
    pub layout: LayoutKind,
    pub scaler: Scaler,
    pub weights: Weights,
    pub training: Training,
}

/// How the model was trained, for information only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub backend: String,
    pub seed: u64,
    pub steps: usize,
    pub batch: usize,
    pub learning_rates: Vec<f64>,
    pub momentum: f64,
    pub poly_modulus_degree: usize,
    pub coeff_modulus_bits: Vec<u32>,
    pub security_bits: u32,
}

/// The file, unchecked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    version: u64,
    dataset: String,
    features: Vec<String>,
    classes: Vec<String>,
    network: String,
    activation: String,
    bias: bool,
    layout: String,
    scaler: ScalerFile,
    weights: Vec<Vec<Vec<f64>>>,
    training: Training,
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

impl Model {
    /// Writes the model, readable by its owner only.
    pub fn save(&self, out: &OutputDir) -> Result<PathBuf, DataError> {
        let matrix = |w: &Array2<f64>| w.rows().into_iter().map(|row| row.to_vec()).collect();
        let file = ModelFile {
            version: VERSION,
            dataset: self.dataset.clone(),
            features: self.features.clone(),
            classes: self.classes.clone(),
            network: self.network.to_string(),
            activation: self.network.activation().to_string(),
            bias: self.network.has_bias(),
            layout: self.layout.to_string(),
            scaler: ScalerFile { mean: self.scaler.mean().to_vec(), deviation: self.scaler.deviation().to_vec() },
            weights: self.weights.0.iter().map(matrix).collect(),
            training: self.training.clone(),
        };
        let text = serde_json::to_string(&file)
            .map_err(|error| DataError::WriteFile { path: out.path().join(FILE), source: error.into() })?;
        out.write_private(FILE, text + "\n")
    }

    /// Reads and checks the model in a folder.
    pub fn load(folder: &Path) -> Result<Model, DataError> {
        let path = folder.join(FILE);
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut text))
            .map_err(|source| DataError::ReadFile { path: path.clone(), source })?;
        Model::parse(&text).map_err(|problem| ModelError { path, problem }.into())
    }

    fn parse(text: &[u8]) -> Result<Model, ModelProblem> {
        if text.len() as u64 > MOST_BYTES {
            return Err(ModelProblem::TooLarge { most: MOST_BYTES });
        }
        let unreadable = |error: serde_json::Error| ModelProblem::Unreadable { reason: error.to_string() };
        let Versioned { version } = serde_json::from_slice(text).map_err(unreadable)?;
        if version != VERSION {
            return Err(ModelProblem::WrongVersion { expected: VERSION, actual: version });
        }
        serde_json::from_slice::<ModelFile>(text).map_err(unreadable)?.check()
    }
}

impl ModelFile {
    fn check(self) -> Result<Model, ModelProblem> {
        let network = self.network.parse::<Network>().map_err(|error| bad("network", error))?;
        let network = network.with_activation(self.activation.parse().map_err(|error| bad("activation", error))?);
        let network = if self.bias { network.with_bias() } else { network };
        check_length("features", network.features(), self.features.len())?;
        check_length("classes", network.outputs(), self.classes.len())?;
        check_length("scaler", network.features(), self.scaler.mean.len())?;
        let scaler = Scaler::new(self.scaler.mean, self.scaler.deviation).map_err(|error| bad("scaler", error))?;
        let weights = check_weights(&network, &self.weights)?;
        Ok(Model {
            dataset: self.dataset,
            features: self.features,
            classes: self.classes,
            network,
            layout: self.layout.parse().map_err(|error| bad("layout", error))?,
            scaler,
            weights,
            training: self.training,
        })
    }
}

/// Weights of the network's shape, in the range that training keeps and that the parameters have room for. JSON has no
/// numbers that are not finite.
fn check_weights(network: &Network, matrices: &[Vec<Vec<f64>>]) -> Result<Weights, ModelProblem> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are hard to write in decimals.
    fn model() -> Model {
        let network: Network = "2-3-2".parse().unwrap();
        let network = network.with_activation("square:0.1".parse().unwrap()).with_bias();
        Model {
            dataset: "a \"name\"".into(),
            features: vec!["x".into(), "y, too".into()],
            classes: vec!["0".into(), "1".into()],
            layout: LayoutKind::Axis,
            scaler: Scaler::new(vec![0.1 + 0.2, -1e-300], vec![1.0 / 3.0, 5e-324]).unwrap(),
            weights: Weights::random(&network, &[1.0], 3),
            network,
            training: Training {
                backend: "seal".into(),
                seed: u64::MAX,
                steps: 3,
                batch: 7,
                learning_rates: vec![0.1],
                momentum: 0.7,
                poly_modulus_degree: 16384,
                coeff_modulus_bits: vec![50, 40, 60],
                security_bits: 128,
            },
        }
    }

    #[test]
    fn a_model_comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = model().save(&OutputDir::create(folder.path()).unwrap()).unwrap();
        assert_eq!(path, folder.path().join(FILE));
        assert_eq!(Model::load(folder.path()).unwrap(), model());
    }
}
