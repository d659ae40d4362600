//! A trained network with everything needed to use it, and its file; and the file of a training that can be continued.

mod checkpoint;
mod file;

use std::path::{Path, PathBuf};

pub use checkpoint::Checkpoint;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{
    Argument, Result,
    data::{Preparation, Scaler},
    nn::{
        Network, Weights,
        inference::Inference,
        layout::{Layout, LayoutKind},
        reference,
        shapes::check_count,
        training::Bounds,
    },
    protocol::{Deployment, ParameterRequest},
};

/// A trained network with the preparation of its features and the names of its classes. It contains the weights in the
/// clear and belongs to the client.
///
/// ```
/// use seal_nn::{data::Scaler, model::Model, nn::{Network, Weights}};
/// let network: Network = "2-3-2".parse()?;
/// let weights = Weights::random(&network, &[1.0], 0)?;
/// let scaler = Scaler::new(vec![5.0, 3.0], vec![0.8, 0.4])?;
/// let model = Model::new(network, weights, scaler)?.with_features(["length", "width"])?;
/// let folder = tempfile::tempdir()?;
/// model.save(folder.path())?;
/// assert_eq!(Model::load(folder.path())?, model);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    dataset: String,
    preparation: Preparation,
    classes: Vec<String>,
    network: Network,
    layout: LayoutKind,
    weights: Weights,
    training: TrainingFacts,
}

/// How a model was trained, for information only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingFacts {
    /// Name of the backend.
    pub backend: String,
    /// The [`fingerprint`](crate::data::LabelledTable::fingerprint) of the data set in hexadecimal; empty if it is not known.
    #[serde(default)]
    pub data: String,
    /// The seed of split and first weights.
    pub seed: u64,
    /// The number of steps that led to the weights.
    pub steps: usize,
    /// The largest number of samples per batch.
    pub batch: usize,
    /// The first learning rate of each layer.
    pub learning_rates: Vec<f64>,
    /// The momentum.
    pub momentum: f64,
    /// The degree N of the ring.
    pub poly_modulus_degree: usize,
    /// Bits of each prime, with the special primes last.
    pub coeff_modulus_bits: Vec<u32>,
    /// The security level in bits.
    pub security_bits: u32,
}

impl Model {
    /// A model of features that are numbers, for the axis layout, which supports every network. Features and classes
    /// have numbers from 0 for names.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network; `WrongCount` for a scaler of another number of features;
    /// `OutOfBounds` for a weight that is not below the default of [`Bounds::max_weight`], for which the parameters have no room.
    pub fn new(network: Network, weights: Weights, scaler: Scaler) -> Result<Model> {
        weights.check_shape(&network)?;
        check_weights(&weights)?;
        check_count("features of the scaler", network.features(), scaler.mean().len())?;
        let numbers = |count: usize| (0..count).map(|number| number.to_string());
        Ok(Model {
            dataset: String::new(),
            preparation: Preparation::of_numbers(numbers(network.features()), scaler)?,
            classes: numbers(network.outputs()).collect(),
            network,
            layout: LayoutKind::Axis,
            weights,
            training: TrainingFacts::default(),
        })
    }

    /// The same model with the name of a data set.
    pub fn with_dataset(self, name: impl Into<String>) -> Model {
        Model { dataset: name.into(), ..self }
    }

    /// The same model with names for its features, which are numbers, in the order of the inputs.
    ///
    /// # Errors
    /// `WrongCount` unless there is one name per feature.
    pub fn with_features(self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Model> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        check_count("names of features", self.network.features(), names.len())?;
        let preparation = Preparation::of_numbers(names, self.preparation.scaler().clone())?;
        Ok(Model { preparation, ..self })
    }

    /// The same model with another preparation of its features, such as one with words and gaps.
    ///
    /// # Errors
    /// `WrongCount` for another number of features.
    pub fn with_preparation(self, preparation: Preparation) -> Result<Model> {
        check_count("features of the preparation", self.network.features(), preparation.scaler().mean().len())?;
        Ok(Model { preparation, ..self })
    }

    /// The same model with names for its classes, in the order of the outputs.
    ///
    /// # Errors
    /// `WrongCount` unless there is one name per output.
    pub fn with_classes(self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Model> {
        let classes: Vec<String> = names.into_iter().map(Into::into).collect();
        check_count("names of classes", self.network.outputs(), classes.len())?;
        Ok(Model { classes, ..self })
    }

    /// The same model for inference in another layout. The layout determines the packing, not the values.
    pub fn with_layout(self, layout: LayoutKind) -> Model {
        Model { layout, ..self }
    }

    /// The same model with a description of its training.
    pub fn with_training(self, training: TrainingFacts) -> Model {
        Model { training, ..self }
    }

    /// Writes `model.json` into a folder, which is created if it does not exist, and returns its path. On Unix, only
    /// the owner can read the file. A failure leaves an earlier file as it was.
    ///
    /// # Errors
    /// `DataError::NotAFolder`, `DataError::OutputFolder` or `DataError::WriteFile`.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        Ok(file::save(self, folder.as_ref())?)
    }

    /// The path of `model.json` in a folder.
    pub fn file_in(folder: impl AsRef<Path>) -> PathBuf {
        folder.as_ref().join(file::NAME)
    }

    /// Reads and checks `model.json` in a folder.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read; `DataError::Model` if it is not a complete model, with the
    /// field.
    pub fn load(folder: impl AsRef<Path>) -> Result<Model> {
        Ok(file::load(folder.as_ref())?)
    }

    /// The network's inputs (`samples x inputs`) for features (`samples x features`): scaled, and with the bias input.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` for another number of features; `DataError::NotFinite` for NaN or an infinity.
    pub fn inputs(&self, features: &Array2<f64>) -> Result<Array2<f64>> {
        self.network.inputs(self.scaler().apply(features)?)
    }

    /// The scores of all classes (`samples x classes`) for features (`samples x features`), computed in the clear.
    ///
    /// # Errors
    /// Those of [`inputs`](Model::inputs).
    pub fn outputs(&self, features: &Array2<f64>) -> Result<Array2<f64>> {
        reference::outputs(&self.network, &self.weights, self.inputs(features)?.view())
    }

    /// The inference of the network in the layout of the model, on the smallest ring at 128-bit security in which it
    /// fits, with up to `samples` samples at a time, as many as its slots hold.
    /// [`InferenceSession`](crate::protocol::InferenceSession) runs it with these [`weights`](Model::weights).
    ///
    /// # Errors
    /// `LayoutUnsuited` if the layout does not support the network; `NoParameters` if no ring fits.
    pub fn deployment(&self, samples: usize, request: &ParameterRequest) -> Result<Deployment<Inference<Layout>>> {
        let layout = |slots, samples| self.layout.layout(&self.network, slots, samples);
        Deployment::of_network(&self.network, samples, request, layout)
    }

    /// The name of the data set.
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The names of the features, in the order of the inputs.
    pub fn features(&self) -> Vec<String> {
        self.preparation.feature_names()
    }

    /// How the columns of a table become features.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The names of the classes, in the order of the outputs.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The layout for inference.
    pub fn layout(&self) -> LayoutKind {
        self.layout
    }

    /// The scaler of the features.
    pub fn scaler(&self) -> &Scaler {
        self.preparation.scaler()
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// How the model was trained.
    pub fn training(&self) -> &TrainingFacts {
        &self.training
    }
}

/// Weights in the range that training keeps and that the parameters have room for.
fn check_weights(weights: &Weights) -> Result<()> {
    Ok(Argument::LargestWeight.check(weights.max_abs(), ..Bounds::default().max_weight)?)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use ndarray::array;

    use super::*;
    use crate::{
        Error, SetupError,
        data::{Components, DataSet, Encoding, LabelledTable, PreparationChoice, PreparedColumn},
    };

    /// Numbers that are hard to write in decimals.
    fn model() -> Model {
        let network: Network = "2-3-2".parse().unwrap();
        let network = network.with_activation("square:0.1".parse().unwrap()).with_bias();
        let weights = Weights::random(&network, &[1.0], 3).unwrap();
        let scaler = Scaler::new(vec![0.1 + 0.2, -1e-300], vec![1.0 / 3.0, 5e-324]).unwrap();
        let training = TrainingFacts {
            backend: "seal".into(),
            data: "00ff".into(),
            seed: u64::MAX,
            steps: 3,
            batch: 7,
            learning_rates: vec![0.1],
            momentum: 0.7,
            poly_modulus_degree: 16384,
            coeff_modulus_bits: vec![50, 40, 60],
            security_bits: 128,
        };
        let model = Model::new(network, weights, scaler).unwrap().with_dataset("a \"name\"").with_training(training);
        model.with_features(["x", "y, too"]).unwrap()
    }

    #[test]
    fn a_model_comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = model().save(folder.path()).unwrap();
        assert_eq!(path, folder.path().join("model.json"));
        assert_eq!(Model::load(folder.path()).unwrap(), model());
    }

    #[test]
    fn words_and_gaps_come_back_too() {
        let folder = tempfile::tempdir().unwrap();
        let words = Encoding::Words { words: vec!["blue".into(), "red".into()], fill: "red".into() };
        let number = Encoding::Number { fill: Some(0.1 + 0.2), hinge: None };
        let columns = [("colour", words), ("length", number)];
        let columns = columns.map(|(name, encoding)| PreparedColumn { name: name.into(), encoding });
        let scaler = Scaler::new(vec![0.5; 3], vec![0.25; 3]).unwrap();
        let preparation = Preparation::new(columns.into(), None, scaler.clone()).unwrap();
        let network: Network = "3-4-2".parse().unwrap();
        let model = Model::new(network.clone(), Weights::random(&network, &[1.0], 0).unwrap(), scaler).unwrap();
        let model = model.with_preparation(preparation).unwrap();
        model.save(folder.path()).unwrap();
        let loaded = Model::load(folder.path()).unwrap();
        assert_eq!(loaded, model);
        assert_eq!(loaded.features(), ["colour=blue", "colour=red", "length"]);
    }

    #[test]
    fn hinges_and_components_come_back_too() {
        let iris = LabelledTable::try_from(DataSet::load("iris").unwrap()).unwrap();
        let of_count = |count| PreparationChoice { components: Components::Count(count), ..Default::default() };
        for choice in [PreparationChoice::default(), of_count(NonZeroUsize::new(3).unwrap())] {
            let preparation = Preparation::fit_as(&iris, &choice).unwrap();
            let network = Network::builder().inputs(preparation.features()).hidden(4).outputs(3).build().unwrap();
            let weights = Weights::random(&network, &[1.0], 0).unwrap();
            let model = Model::new(network, weights, preparation.scaler().clone()).unwrap();
            let model = model.with_preparation(preparation).unwrap();
            let folder = tempfile::tempdir().unwrap();
            model.save(folder.path()).unwrap();
            let loaded = Model::load(folder.path()).unwrap();
            assert_eq!(loaded, model);
            let outputs = |model: &Model| {
                let (features, _) = model.preparation().encode(&iris.table).unwrap();
                model.outputs(&features).unwrap()
            };
            assert_eq!(outputs(&loaded), outputs(&model));
        }
    }

    /// Written before columns had encodings.
    #[test]
    fn files_of_the_first_version_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = model().save(folder.path()).unwrap();
        let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        file["version"] = 1.into();
        let fields = file.as_object_mut().unwrap();
        fields.remove("columns");
        fields.insert("features".into(), vec!["x", "y, too"].into());
        std::fs::write(&path, file.to_string()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap(), model());
    }

    #[test]
    fn outputs_are_those_of_the_scaled_features() {
        let features = array![[0.3, 0.0], [0.4, 1e-323]];
        let inputs = model().inputs(&features).unwrap();
        assert_eq!(inputs.dim(), (2, 3));
        assert_eq!(inputs.column(2), array![1.0, 1.0]);
        let expected = reference::outputs(model().network(), model().weights(), inputs.view()).unwrap();
        assert_eq!(model().outputs(&features).unwrap(), expected);
        assert!(matches!(model().outputs(&array![[0.3]]), Err(Error::Data(_))));
    }

    #[test]
    fn parts_that_do_not_match_are_refused() {
        let bad = |refused: Result<Model>| assert!(matches!(refused, Err(Error::Argument(_))));
        let Model { network, weights, preparation, .. } = model();
        let scaler = preparation.scaler().clone();
        let narrow = Scaler::new(vec![0.0], vec![1.0]).unwrap();
        bad(model().with_features(["x"]));
        bad(model().with_preparation(Preparation::of_numbers(["x"], narrow).unwrap()));
        bad(model().with_classes(["0", "1", "2"]));
        bad(Model::new(network.clone(), weights.clone(), Scaler::new(vec![0.0], vec![1.0]).unwrap()));
        for large in [8.0, f64::NAN] {
            let mut weights = weights.clone();
            weights.0[0][[0, 0]] = large;
            bad(Model::new(network.clone(), weights, scaler.clone()));
        }
        let other = Model::new("2-4-2".parse().unwrap(), weights, scaler);
        assert!(matches!(other, Err(Error::Setup(SetupError::WrongShape { .. }))));
    }
}
