//! A trained network with everything needed to use it, and its file; and the file of a training that can be continued.

mod activation;
mod card;
mod checkpoint;
mod earlier_file;
mod file;
mod task;

use std::path::{Path, PathBuf};

pub use activation::HiddenActivation;
pub use card::Card;
pub use checkpoint::Checkpoint;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
pub use task::Task;

use crate::{
    Argument, Result,
    data::{Preparation, Scaler},
    nn::{
        Activation, Network, Weights,
        head::{Dense, Head, HeadActivation},
        inference::Inference,
        layout::{Layout, LayoutKind},
        learning::network_of,
        shapes::{check_count, larger},
        training::Bounds,
    },
    protocol::{Deployment, ParameterRequest},
};

/// A trained network with the preparation of its features and what it predicts. It contains the weights in the clear and
/// belongs to the client.
///
/// The network is dense layers with biases and an activation between them, as trainings with the loss at the client have
/// it. Inference with encrypted weights in one round trip takes it as a [`Network`] with [`Weights`], in which it is trained
/// otherwise; a server that knows the weights takes it as a [`Head`].
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
    task: Task,
    activation: HiddenActivation,
    layers: Vec<Dense>,
    layout: LayoutKind,
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
        check_count("features of the scaler", network.features(), scaler.mean().len())?;
        let numbers = |count: usize| (0..count).map(|number| number.to_string());
        let preparation = Preparation::of_numbers(numbers(network.features()), scaler)?;
        let classes = Task::Classes(numbers(network.outputs()).collect());
        check_weights(weights.max_abs())?;
        let layers = Head::of_network(&network, &weights)?.layers().to_vec();
        Model::of_layers(network.activation().clone().into(), layers, preparation, classes)
    }

    /// A model of one or more layers with an activation between them.
    ///
    /// ```
    /// use ndarray::array;
    /// use seal_nn::{data::{Preparation, Scaler, TargetScale}, model::{HiddenActivation, Model, Task}, nn::head::Dense};
    /// let layers = vec![Dense { weights: array![[1.5, -0.5]], bias: array![0.25] }];
    /// let preparation = Preparation::of_numbers(["rooms", "age"], Scaler::new(vec![6.0, 68.0], vec![0.7, 28.0])?)?;
    /// let price = Task::Number { name: "price".into(), scale: TargetScale::new(22.5, 9.0)? };
    /// let model = Model::of_layers(HiddenActivation::Relu, layers, preparation, price)?;
    /// // At the means, the output is the bias: 22.5 + 9 * 0.25.
    /// assert_eq!(model.outputs(&array![[6.0, 68.0]])?, array![[24.75]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Empty` without layers; `WrongShape` for layers that do not match; `OutOfBounds` for layers without inputs or
    /// outputs, or a weight or bias that is not below the default of [`Bounds::max_weight`]; `WrongCount` for another
    /// number of features or outputs than those of the preparation and the task.
    pub fn of_layers(
        activation: HiddenActivation,
        layers: Vec<Dense>,
        preparation: Preparation,
        task: Task,
    ) -> Result<Model> {
        let head = Head::of_layers(layers, HeadActivation::Relu)?;
        let numbers = head.layers().iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias));
        check_weights(numbers.fold(0.0, |largest, w| larger(largest, w.abs())))?;
        check_count("features of the preparation", head.inputs(), preparation.features())?;
        task.check_outputs(head.classes())?;
        Ok(Model {
            dataset: String::new(),
            preparation,
            task,
            activation,
            layers: head.layers().to_vec(),
            layout: LayoutKind::Axis,
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
        check_count("names of features", self.preparation.features(), names.len())?;
        let preparation = Preparation::of_numbers(names, self.preparation.scaler().clone())?;
        Ok(Model { preparation, ..self })
    }

    /// The same model with another preparation of its features, such as one with words and gaps.
    ///
    /// # Errors
    /// `WrongCount` for another number of features.
    pub fn with_preparation(self, preparation: Preparation) -> Result<Model> {
        check_count("features of the preparation", self.preparation.features(), preparation.features())?;
        Ok(Model { preparation, ..self })
    }

    /// The same model with names for its classes, in the order of the outputs.
    ///
    /// # Errors
    /// `WrongCount` unless there is one name per output, or one output for two classes.
    pub fn with_classes(self, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Model> {
        let task = Task::Classes(names.into_iter().map(Into::into).collect());
        task.check_outputs(self.outputs_per_sample())?;
        Ok(Model { task, ..self })
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

    /// The scores of all classes (`samples x classes`), or the numbers that are predicted (`samples x 1`), for features
    /// (`samples x features`), computed in the clear.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` for another number of features; `DataError::NotFinite` for NaN or an infinity.
    pub fn outputs(&self, features: &Array2<f64>) -> Result<Array2<f64>> {
        let scaled = self.scaler().apply(features)?;
        Ok(self.in_units(self.activation.outputs(&self.layers, scaled.view())?))
    }

    /// Outputs of the layers in the unit of what is predicted: numbers times the deviation of the target plus its mean,
    /// and scores of classes as they are.
    pub fn in_units(&self, outputs: Array2<f64>) -> Array2<f64> {
        self.task.in_units(outputs)
    }

    /// The same function as a network whose biases are weights of constant units, for inference in one round trip. Its
    /// outputs become those of the model by [`in_units`](Model::in_units).
    ///
    /// # Errors
    /// `BadActivation` if the activation is no polynomial; `OutOfBounds` if a weight of a constant unit is not below the
    /// default of [`Bounds::max_weight`]; `BadNetwork` for too many units.
    pub fn network(&self) -> Result<(Network, Weights)> {
        let (network, weights) = match &self.layers[..] {
            // Between one layer there is no activation, and any that suits will do.
            [_] => network_of(&Activation::polynomial(&[0.0, 1.0, 0.5])?, &self.layers)?,
            several => network_of(self.activation.polynomial()?, several)?,
        };
        check_weights(weights.max_abs())?;
        Ok((network, weights))
    }

    /// The inputs (`samples x inputs`) of the [`network`](Model::network) for features (`samples x features`): scaled, and
    /// with its bias input.
    ///
    /// # Errors
    /// Those of [`network`](Model::network) and [`outputs`](Model::outputs).
    pub fn inputs(&self, features: &Array2<f64>) -> Result<Array2<f64>> {
        self.network()?.0.inputs(self.scaler().apply(features)?)
    }

    /// The inference of the [`network`](Model::network) in the layout of the model, on the smallest ring at 128-bit
    /// security in which it fits, with up to `samples` samples at a time, as many as its slots hold and as half a GiB
    /// leaves memory for. [`InferenceSession`](crate::protocol::InferenceSession) runs it with its weights.
    ///
    /// # Errors
    /// Those of [`network`](Model::network); `LayoutUnsuited` if the layout does not support it; `NoParameters` if no ring
    /// fits.
    pub fn deployment(&self, samples: usize, request: &ParameterRequest) -> Result<Deployment<Inference<Layout>>> {
        let (network, _) = self.network()?;
        let layout = |slots, samples| self.layout.layout(&network, slots, samples);
        Deployment::of_network_in_memory(&network, samples, 1, request, layout)
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

    /// What is predicted.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The names of the classes, in the order of the outputs; none if a number is predicted.
    pub fn classes(&self) -> &[String] {
        self.task.classes()
    }

    /// The activation between the layers.
    pub fn activation(&self) -> &HiddenActivation {
        &self.activation
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The number of features and of the units of every layer.
    pub fn widths(&self) -> Vec<usize> {
        std::iter::once(self.preparation.features()).chain(self.layers.iter().map(|layer| layer.bias.len())).collect()
    }

    /// The number of outputs of the last layer.
    fn outputs_per_sample(&self) -> usize {
        self.layers.last().map_or(0, |last| last.bias.len())
    }

    /// The layout for inference.
    pub fn layout(&self) -> LayoutKind {
        self.layout
    }

    /// The scaler of the features.
    pub fn scaler(&self) -> &Scaler {
        self.preparation.scaler()
    }

    /// How the model was trained.
    pub fn training(&self) -> &TrainingFacts {
        &self.training
    }
}

/// Returns an error unless the largest weight is in the range that training keeps and that the parameters have room for.
fn check_weights(largest: f64) -> Result<()> {
    Ok(Argument::LargestWeight.check(largest, ..Bounds::default().max_weight)?)
}

#[cfg(test)]
mod tests;
