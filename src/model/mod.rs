//! A trained network with everything needed to use it, and its file; and the file of a training that can be continued.

mod activation;
mod checkpoint;
mod earlier_file;
mod file;
mod task;

use std::path::{Path, PathBuf};

pub use activation::HiddenActivation;
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
/// it. Encrypted inference in one round trip takes it as a [`Network`] with [`Weights`], in which it is trained otherwise.
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
        match &self.task {
            Task::Classes(_) => outputs,
            Task::Number { scale, .. } => outputs.mapv_into(|output| scale.undo(output)),
        }
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
    /// security in which it fits, with up to `samples` samples at a time, as many as its slots hold.
    /// [`InferenceSession`](crate::protocol::InferenceSession) runs it with its weights.
    ///
    /// # Errors
    /// Those of [`network`](Model::network); `LayoutUnsuited` if the layout does not support it; `NoParameters` if no ring
    /// fits.
    pub fn deployment(&self, samples: usize, request: &ParameterRequest) -> Result<Deployment<Inference<Layout>>> {
        let (network, _) = self.network()?;
        let layout = |slots, samples| self.layout.layout(&network, slots, samples);
        Deployment::of_network(&network, samples, request, layout)
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
mod tests {
    use std::num::NonZeroUsize;

    use ndarray::array;

    use super::*;
    use crate::{
        Error, SetupError,
        data::{Components, DataSet, Encoding, LabelledTable, PreparationChoice, PreparedColumn, TargetScale},
        nn::{learning::random_layers, reference},
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

    /// Files of the first and the second version, with the weights of a network with a constant input.
    #[test]
    fn earlier_files_are_read() {
        let (network, weights) = model().network().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = model().save(folder.path()).unwrap();
        let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let fields = file.as_object_mut().unwrap();
        for new in ["layers", "task"] {
            fields.remove(new);
        }
        fields.insert("version".into(), 2.into());
        fields.insert("classes".into(), vec!["0", "1"].into());
        fields.insert("network".into(), network.to_string().into());
        fields.insert("bias".into(), true.into());
        fields.insert("weights".into(), serde_json::to_value(&weights).unwrap());
        std::fs::write(&path, file.to_string()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap(), model());
        let fields = file.as_object_mut().unwrap();
        fields.insert("version".into(), 1.into());
        fields.remove("columns");
        fields.insert("features".into(), vec!["x", "y, too"].into());
        std::fs::write(&path, file.to_string()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap(), model());
    }

    fn of_layers(activation: HiddenActivation, widths: &[usize], task: Task) -> Model {
        let mut layers = random_layers(widths, 7).unwrap();
        let fill = |layer: &mut Dense| layer.bias.iter_mut().enumerate().for_each(|(i, b)| *b = 0.1 + 0.2 * i as f64);
        layers.iter_mut().for_each(fill);
        if let [only] = &mut layers[..] {
            only.weights.fill(1.0 / 3.0);
        }
        let scaler = Scaler::new(vec![0.1; widths[0]], vec![1.0 / 3.0; widths[0]]).unwrap();
        let names = (0..widths[0]).map(|i| format!("x{i}"));
        Model::of_layers(activation, layers, Preparation::of_numbers(names, scaler).unwrap(), task).unwrap()
    }

    fn classes(count: usize) -> Task {
        Task::Classes((0..count).map(|class| format!("class {class}")).collect())
    }

    fn number() -> Task {
        Task::Number { name: "price".into(), scale: TargetScale::new(0.1 + 0.2, 1.0 / 3.0).unwrap() }
    }

    #[test]
    fn models_of_layers_come_back_to_the_last_bit_and_become_networks() {
        let quadratic = || HiddenActivation::from("poly:0,1,0.5".parse::<Activation>().unwrap());
        let folder = tempfile::tempdir().unwrap();
        for (activation, widths, task) in [
            (quadratic(), &[3, 4, 2][..], classes(2)),
            (quadratic(), &[3, 4, 1], classes(2)),
            (quadratic(), &[3, 4, 1], number()),
            (quadratic(), &[3, 2], classes(2)),
            (HiddenActivation::Relu, &[3, 1], number()),
            ("tanh".parse().unwrap(), &[3, 4, 5, 3], classes(3)),
        ] {
            let model = of_layers(activation, widths, task);
            model.save(folder.path()).unwrap();
            assert_eq!(Model::load(folder.path()).unwrap(), model);
            assert_eq!(model.widths(), widths);
            let features = Array2::from_shape_fn((4, 3), |(i, j)| ((3 * i + j) as f64).sin());
            let (network, weights) = model.network().unwrap();
            let outputs = reference::outputs(&network, &weights, model.inputs(&features).unwrap().view()).unwrap();
            let difference = model.in_units(outputs) - model.outputs(&features).unwrap();
            assert!(difference.iter().all(|d| d.abs() < 1e-13), "{widths:?}");
        }
    }

    #[test]
    fn only_polynomials_become_networks() {
        let model = of_layers(HiddenActivation::Relu, &[2, 3, 2], classes(2));
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap(), model);
        for refused in [model.network().map(drop), model.inputs(&array![[0.0, 0.0]]).map(drop)] {
            assert!(matches!(refused, Err(Error::Setup(SetupError::BadActivation { .. }))));
        }
        // max(0, W x + b), and scores as they are.
        let [first, second] = model.layers() else { panic!("two layers") };
        let x = model.scaler().apply(&array![[0.3, -0.2]]).unwrap();
        let hidden = (x.dot(&first.weights.t()) + &first.bias).mapv(|z| z.max(0.0));
        let expected = hidden.dot(&second.weights.t()) + &second.bias;
        assert_eq!(model.outputs(&array![[0.3, -0.2]]).unwrap(), expected);
    }

    #[test]
    fn outputs_are_those_of_the_scaled_features() {
        let features = array![[0.3, 0.0], [0.4, 1e-323]];
        let inputs = model().inputs(&features).unwrap();
        assert_eq!(inputs.dim(), (2, 3));
        assert_eq!(inputs.column(2), array![1.0, 1.0]);
        let (network, weights) = model().network().unwrap();
        let expected = reference::outputs(&network, &weights, inputs.view()).unwrap();
        // A dozen operations on numbers of size 1, in another order.
        assert!((model().outputs(&features).unwrap() - expected).iter().all(|d| d.abs() < 1e-14));
        assert!(matches!(model().outputs(&array![[0.3]]), Err(Error::Data(_))));
    }

    #[test]
    fn parts_that_do_not_match_are_refused() {
        let bad = |refused: Result<Model>| assert!(matches!(refused, Err(Error::Argument(_))));
        let (network, weights) = model().network().unwrap();
        let Model { preparation, .. } = model();
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
        let layers = |outputs| random_layers(&[2, 3, outputs], 0).unwrap();
        let numbers = |names: &[&str]| {
            let scaler = Scaler::new(vec![0.0; names.len()], vec![1.0; names.len()]).unwrap();
            Preparation::of_numbers(names.iter().copied(), scaler).unwrap()
        };
        bad(Model::of_layers(HiddenActivation::Relu, layers(3), numbers(&["x", "y"]), classes(2)));
        bad(Model::of_layers(HiddenActivation::Relu, layers(1), numbers(&["x", "y"]), classes(3)));
        bad(Model::of_layers(HiddenActivation::Relu, layers(2), numbers(&["x", "y"]), number()));
        bad(Model::of_layers(HiddenActivation::Relu, layers(2), numbers(&["x"]), classes(2)));
        bad(Model::of_layers(HiddenActivation::Relu, vec![], numbers(&["x"]), classes(2)));
        let mut large_bias = layers(2);
        large_bias[1].bias[0] = 8.0;
        bad(Model::of_layers(HiddenActivation::Relu, large_bias, numbers(&["x", "y"]), classes(2)));
        let other = Model::new("2-4-2".parse().unwrap(), weights, scaler);
        assert!(matches!(other, Err(Error::Setup(SetupError::WrongShape { .. }))));
    }
}
