//! The options shared by `train` and `plan`: data, network, optimiser, layout, parameters.

use clap::{Args, ValueEnum};
use seal_nn::{
    Result,
    data::{LabelledTable, Preparation},
    nn::{
        Activation, Network, Weights,
        layout::LayoutKind,
        training::{Bounds, OnDivergence, Schedule, Sgd, TrainingSpec},
    },
    protocol::ParameterRequest,
};

use super::{
    backend_args::KeySwitchingName,
    data_args::{DataArgs, Source},
    defaults::{Defaults, Training},
    experiment::{Experiment, Part},
    notes,
    usage::UsageError,
};

#[derive(Args)]
pub struct Settings {
    #[command(flatten)]
    pub data: DataArgs,

    /// Number of units per layer, from the features to the classes, with at least one hidden layer, such as 4-8-8-3
    /// [default: depends on the data set, 4-8-3 for iris]
    #[arg(long)]
    network: Option<String>,

    /// Activation: square[:shift], poly:c0,c1,c2[,c3], or a least-squares fit sigmoid[:degree[:radius]],
    /// tanh[:3[:radius]] or swish[:degree[:radius]] [default: depends on the data set, square:0.75 for iris]
    #[arg(long)]
    activation: Option<String>,

    /// Append a constant 1 to the inputs, so that the first layer has a bias [default: false for iris, true otherwise]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    bias: Option<bool>,

    /// Layout of weights and data in the slots: merged (two-layer networks, both matrices in one ciphertext), axis (any
    /// network, tiles in the cheapest shape), per-feature, diagonal (Mihara et al. 2020), diagonal-bsgs or
    /// diagonal-packed; for comparison also naive, halevi-shoup, e2dm, hetal and row-column; see docs/packing.md
    /// [default: the cheapest, as ranked by `plan --compare`]
    #[arg(long)]
    layout: Option<LayoutKind>,

    /// Largest number of samples per step; the training samples are divided into batches of equal size
    /// [default: 120 for iris, 256 for digits, 128 otherwise]
    #[arg(long)]
    batch: Option<usize>,

    /// Number of batches whose gradients are added before the weights are updated, for steps with more samples than fit
    /// into a ciphertext
    #[arg(long, value_name = "BATCHES", default_value_t = 1)]
    batches_per_step: usize,

    /// Number of training steps [default: 30; 15 for wine, 100 for digits, 50 for a file; more with two hidden layers]
    #[arg(long)]
    steps: Option<usize>,

    /// Number of times that training uses every sample, instead of a number of steps
    #[arg(long, conflicts_with = "steps")]
    epochs: Option<usize>,

    /// Learning rate, or one per layer, of which the last applies to all further layers
    /// [default: 1.5,0.1 for iris, lower for more layers]
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true)]
    learning_rate: Option<Vec<f64>>,

    /// Momentum [default: depends on the data set, 0.75 for iris]
    #[arg(long, allow_negative_numbers = true)]
    momentum: Option<f64>,

    /// Decay of the learning rates: in step t they are divided by 1 + DECAY t
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    decay: f64,

    /// Weight decay: adds LAMBDA times the weights to the gradient. This keeps weights small, for data with few samples
    /// or much noise; usual values are 0.001 to 0.1
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0, allow_negative_numbers = true)]
    l2: f64,

    /// Share of the training samples that the client sets aside for validation, stratified by class. The weights with
    /// the lowest validation loss are tested and saved; the server learns nothing about it
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    validation: Option<f64>,

    /// Stop after this number of steps without a lower validation loss [default: never]
    #[arg(long, value_name = "STEPS", requires = "validation")]
    patience: Option<usize>,

    /// What to do if weights leave the range that the parameters allow
    #[arg(long, value_enum, default_value_t = OnDivergenceName::Stop)]
    on_divergence: OnDivergenceName,

    /// Seed for the split of the data and the first weights
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Number of training steps between two refreshes. More than 1 means fewer exchanges, for slow connections, but
    /// more levels, hence larger parameters, slower steps and usually more bytes (`seal-nn plan` shows how many)
    #[arg(long, value_name = "STEPS", default_value_t = 1)]
    refresh_every: usize,

    /// Ring degree N, a power of two [default: the smallest that suffices]
    #[arg(long)]
    poly_modulus_degree: Option<usize>,

    /// Key switching for rotations and relinearisations: hybrid is faster, seal is for comparison
    #[arg(long, value_enum, default_value_t = KeySwitchingName::Hybrid)]
    key_switching: KeySwitchingName,

    /// Bits of each prime, with the special prime last, such as 50,42,42,42,42,42,42,60 [default: chosen by the plan]
    #[arg(long, value_delimiter = ',')]
    coeff_modulus_bits: Option<Vec<u32>>,
}

/// The policy if training diverges.
#[derive(Clone, Copy, ValueEnum)]
enum OnDivergenceName {
    /// End with an error and write nothing
    Stop,
    /// Return to the weights with the lowest training loss, with zero velocity, and continue with half the learning
    /// rates, up to 4 times
    LowerRate,
}

impl From<OnDivergenceName> for OnDivergence {
    fn from(name: OnDivergenceName) -> OnDivergence {
        match name {
            OnDivergenceName::Stop => OnDivergence::Stop,
            OnDivergenceName::LowerRate => OnDivergence::LowerRate,
        }
    }
}

/// The share of the samples that is held out for testing.
const TEST_SHARE: f64 = 0.2;

impl Settings {
    pub fn prepare(&self) -> anyhow::Result<Experiment> {
        let Source { table: data, defaults, mut notes } = self.data.read()?;
        let (train, test) = data.split(TEST_SHARE, self.seed)?;
        let (train, validation) = match self.validation_share()? {
            None => (train, None),
            Some(share) => {
                let (train, validation) = train.split(share, self.seed)?;
                (train, Some(validation))
            }
        };
        // Only the training samples determine what fills gaps, the words and the scaling.
        let preparation = Preparation::fit(&train)?;
        notes.extend(preparation.encode(&data.table)?.1);
        let network = self.network(&data, &preparation, defaults)?;
        let training = defaults.training(network.layers());
        let part = |data: &LabelledTable| Part::new(data, &preparation, &network);
        let (train, validation, test) = (part(&train)?, validation.as_ref().map(part).transpose()?, part(&test)?);
        let samples = train.labels.len();
        let batch = self.batch.unwrap_or(defaults.batch.min(samples));
        let batches = samples.div_ceil(batch.max(1));
        let of_epochs = |epochs: usize| epochs.saturating_mul(batches).div_ceil(self.batches_per_step.max(1));
        let steps = self.steps.or(self.epochs.map(of_epochs)).unwrap_or(training.steps);
        let spec = self.spec(network, &training, steps)?;
        for (flag, actual, most, meaning) in [
            ("--batch", batch, samples, Some("the number of training samples")),
            ("--batches-per-step", self.batches_per_step, batches, Some("the number of batches")),
            ("--steps", self.steps.unwrap_or(1), usize::MAX, None),
            ("--epochs", self.epochs.unwrap_or(1), usize::MAX, None),
            ("--patience", self.patience.unwrap_or(1), usize::MAX, None),
        ] {
            UsageError::check_count(flag, actual, 1..=most, meaning)?;
        }
        Ok(Experiment {
            data: format!("{:032x}", data.fingerprint()),
            description: notes::describe(&data),
            dataset: data.name,
            classes: data.classes,
            notes,
            preparation,
            layout: self.layout,
            // The actual size of the batches: the plan needs no more room than that.
            batch: samples.div_ceil(samples.div_ceil(batch)),
            steps,
            batches_per_step: self.batches_per_step,
            // A training of fewer steps is never refreshed before its end.
            refresh_every: self.refresh_every.min(steps),
            train,
            validation,
            patience: self.patience,
            on_divergence: self.on_divergence.into(),
            test,
            weights: Weights::random(&spec.network, &training.reach, self.seed)?,
            spec,
            seed: self.seed,
            request: ParameterRequest {
                poly_modulus_degree: self.poly_modulus_degree,
                coeff_modulus_bits: self.coeff_modulus_bits.clone(),
                key_switching: self.key_switching.into(),
            },
        })
    }

    fn validation_share(&self) -> Result<Option<f64>, UsageError> {
        match self.validation {
            Some(share) if !(share > 0.0 && share < 1.0) => Err(UsageError::BadValue {
                flag: "--validation",
                actual: share.to_string(),
                expected: "above 0 and below 1, such as 0.2".into(),
            }),
            share => Ok(share),
        }
    }

    fn network(&self, data: &LabelledTable, preparation: &Preparation, defaults: &Defaults) -> anyhow::Result<Network> {
        let (features, classes) = (preparation.scaler().mean().len(), data.classes.len());
        let bias = self.bias.unwrap_or(defaults.bias);
        let network = match &self.network {
            Some(text) => text.parse::<Network>()?,
            None => Network::builder().inputs(features).hidden(defaults.hidden).outputs(classes).build()?,
        };
        if (network.features(), network.outputs()) != (features, classes) {
            return Err(UsageError::NetworkDoesNotFit {
                network: network.to_string(),
                dataset: data.name.clone(),
                features,
                classes,
                bias,
            }
            .into());
        }
        let activation = self.activation.as_deref().unwrap_or(defaults.activation);
        let network = network.with_activation(activation.parse::<Activation>()?);
        Ok(if bias { network.with_bias() } else { network })
    }

    fn spec(&self, network: Network, training: &Training, steps: usize) -> Result<TrainingSpec> {
        let rates = self.learning_rate.as_deref().unwrap_or(&training.rates);
        let momentum = self.momentum.unwrap_or(training.momentum);
        let schedule = if self.decay == 0.0 { Schedule::Constant } else { Schedule::InverseTime { decay: self.decay } };
        let optimizer = Sgd::new(rates, momentum, schedule)?.with_l2(self.l2)?;
        let last_rate = optimizer.rate(0, steps.saturating_sub(1)) / optimizer.rate(0, 0);
        let bounds =
            Bounds { least_rate: last_rate * OnDivergence::from(self.on_divergence).least_rate(), ..Bounds::default() };
        Ok(TrainingSpec { network, optimizer, bounds })
    }
}
