//! What `train` and `plan` have in common: data, network, optimiser, layout, parameters.

use clap::{Args, ValueEnum};
use ndarray::{Array2, Axis, concatenate, s};
use seal_nn::{
    Result, SetupError,
    data::{DataSet, Scaler, centred_one_hot},
    nn::{Activation, Bounds, HeavyBall, Network, Schedule, TrainingSpec, Weights},
    protocol::ParameterRequest,
};

#[derive(Args)]
pub struct Settings {
    /// The data set: iris
    #[arg(long, default_value = "iris")]
    pub dataset: String,

    /// Units of every layer, from the features to the classes [default: what suits the data set, 4-8-3 for iris]
    #[arg(long)]
    network: Option<String>,

    /// square[:shift], poly:c0,c1,c2[,c3], or a least-squares fit: sigmoid[:degree[:radius]], tanh[:3[:radius]],
    /// swish[:degree[:radius]] [default: square:0.75 for iris]
    #[arg(long)]
    activation: Option<String>,

    /// Add a constant 1 to the inputs, whose weights are the first layer's bias
    #[arg(long)]
    bias: bool,

    /// How weights and data lie in the slots
    #[arg(long, value_enum, default_value_t = LayoutName::Merged)]
    pub layout: LayoutName,

    /// Samples in a step [default: the whole training part]
    #[arg(long)]
    batch: Option<usize>,

    /// Learning rate, or one a layer [default: 1.5,0.1 for iris]
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true)]
    learning_rate: Option<Vec<f64>>,

    /// Momentum of the heavy ball [default: 0.75 for iris]
    #[arg(long, allow_negative_numbers = true)]
    momentum: Option<f64>,

    /// Learning rates in step t are divided by 1 + DECAY t
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    decay: f64,

    /// Decides the split of the data and the first weights
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// N, a power of two [default: the smallest that serves]
    #[arg(long)]
    poly_modulus_degree: Option<usize>,

    /// Bits of each prime, the special one last, such as 50,42,42,42,42,42,42,60 [default: what the plan needs]
    #[arg(long, value_delimiter = ',')]
    coeff_modulus_bits: Option<Vec<u32>>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutName {
    /// Both weight matrices in one ciphertext; the fewest rotations for two-layer networks
    Merged,
    /// One ciphertext a diagonal (Mihara et al. 2020); any number of layers
    Diagonal,
    /// Tiles on alternating axes, over as many ciphertexts as it takes; any network, the cheapest shape chosen
    Axis,
}

/// What suits a data set (spec: packing, 7).
struct Defaults {
    network: &'static str,
    activation: &'static str,
    rates: &'static [f64],
    momentum: f64,
    /// Reach of the first weights, a layer.
    reach: &'static [f64],
}

impl Defaults {
    fn of(dataset: &str) -> Option<Defaults> {
        match dataset {
            "iris" => Some(Defaults {
                network: "4-8-3",
                activation: "square:0.75",
                rates: &[1.5, 0.1],
                momentum: 0.75,
                reach: &[1.0, 0.5],
            }),
            _ => None,
        }
    }
}

/// A part of the data, ready for a network.
pub struct Part {
    pub inputs: Array2<f64>,
    pub targets: Array2<f64>,
    pub labels: Vec<usize>,
}

/// Data, network and optimiser, checked against each other.
pub struct Prepared {
    pub dataset: String,
    pub spec: TrainingSpec,
    pub batch: usize,
    pub train: Part,
    pub test: Part,
    pub weights: Weights,
    pub request: ParameterRequest,
}

/// The share of the samples that is held out.
const TEST_SHARE: f64 = 0.2;

impl Settings {
    pub fn prepare(&self) -> Result<Prepared> {
        let data = DataSet::load(&self.dataset)?;
        let defaults = Defaults::of(&data.name);
        let spec = self.spec(&data, defaults.as_ref())?;
        let split = data.split(TEST_SHARE, self.seed)?;
        let scaler = Scaler::fit(&split.train.features)?;
        let part = |set: &DataSet| -> Result<Part> {
            let inputs = scaler.apply(&set.features)?;
            Ok(Part {
                inputs: if spec.network.has_bias() { with_ones(inputs) } else { inputs },
                targets: centred_one_hot(&set.labels, set.classes.len())?,
                labels: set.labels.clone(),
            })
        };
        let (train, test) = (part(&split.train)?, part(&split.test)?);
        let samples = train.labels.len();
        let batch = self.batch.unwrap_or(samples);
        if batch == 0 || batch > samples {
            return Err(SetupError::BadSetting {
                setting: "--batch",
                actual: batch.to_string(),
                expected: "at least 1 and at most the number of training samples",
            }
            .into());
        }
        let reach = defaults.map_or(&[1.0, 0.5][..], |d| d.reach);
        let weights = Weights::random(&spec.network, reach, self.seed);
        let request = ParameterRequest {
            poly_modulus_degree: self.poly_modulus_degree,
            coeff_modulus_bits: self.coeff_modulus_bits.clone(),
        };
        Ok(Prepared { dataset: data.name, spec, batch, train, test, weights, request })
    }

    fn spec(&self, data: &DataSet, defaults: Option<&Defaults>) -> Result<TrainingSpec> {
        let (features, classes) = (data.features.ncols(), data.classes.len());
        let network = match (&self.network, defaults) {
            (Some(text), _) => text.parse::<Network>()?,
            (None, Some(defaults)) => defaults.network.parse()?,
            (None, None) => Network::builder().inputs(features).hidden(8).outputs(classes).build()?,
        };
        if (network.features(), network.outputs()) != (features, classes) {
            return Err(SetupError::NetworkDoesNotFit {
                network: network.to_string(),
                dataset: data.name.clone(),
                features,
                classes,
                bias: self.bias,
            }
            .into());
        }
        let activation = self.activation.as_deref().or(defaults.map(|d| d.activation)).unwrap_or("square");
        let network = network.with_activation(activation.parse::<Activation>()?);
        let rates = self.learning_rate.as_deref().or(defaults.map(|d| d.rates)).unwrap_or(&[0.1]);
        let momentum = self.momentum.or(defaults.map(|d| d.momentum)).unwrap_or(0.75);
        let schedule = if self.decay == 0.0 { Schedule::Constant } else { Schedule::InverseTime { decay: self.decay } };
        Ok(TrainingSpec {
            network: if self.bias { network.with_bias() } else { network },
            optimizer: HeavyBall::new(rates, momentum, schedule)?,
            bounds: Bounds::default(),
        })
    }
}

impl Part {
    /// The samples cut into batches of at most `size`, in their order.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = (Array2<f64>, Array2<f64>)> + '_ {
        let samples = self.labels.len();
        (0..samples).step_by(size).map(move |from| {
            let to = (from + size).min(samples);
            (self.inputs.slice(s![from..to, ..]).to_owned(), self.targets.slice(s![from..to, ..]).to_owned())
        })
    }
}

/// The inputs with a constant 1 as last column.
fn with_ones(inputs: Array2<f64>) -> Array2<f64> {
    let ones = Array2::ones((inputs.nrows(), 1));
    // The shapes agree by construction.
    concatenate(Axis(1), &[inputs.view(), ones.view()]).unwrap_or(inputs)
}
