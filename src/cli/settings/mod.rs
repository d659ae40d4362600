//! The options shared by `train` and `plan`: data, network, how steps are made, parameters.

mod effort;
mod loss;
mod rounds;
mod whole;

use clap::{Args, FromArgMatches, ValueEnum};
use loss::LossChoice;
use rounds::RoundsArgs;
use seal_nn::{
    data::{Note, Preparation, PreparationChoice},
    model::Task as Predicted,
    nn::{Network, training::OnDivergence},
    protocol::ParameterRequest,
};
use whole::WholeArgs;

use super::{
    backend_args::{KeySwitchingName, SecurityArgs},
    data_args::{DataArgs, Source},
    job::shares,
    notes,
    problem::Problem,
    training::{Experiment, Part, Rounds, Whole},
    usage::UsageError,
};

pub use effort::Effort;

#[derive(Args)]
pub struct Settings {
    #[command(flatten)]
    pub data: DataArgs,

    /// How a training step is made [default: whole if an option asks for it that no other step has, such as --layout;
    /// otherwise split for one hidden layer of quadratic units, layerwise for other networks]
    #[arg(long, value_enum)]
    pub step: Option<StepName>,

    /// Number of units per layer, from the features to the classes, such as 4-8-3
    #[arg(long, conflicts_with = "hidden")]
    network: Option<String>,

    /// Units of the hidden layers, such as 32 or 32,16; none for softmax or logistic regression
    #[arg(long, value_name = "UNITS")]
    hidden: Option<String>,

    /// Activation: square[:shift], poly:c0,c1,c2[,c3], a least-squares fit sigmoid[:degree[:radius]],
    /// tanh[:3[:radius]] or swish[:degree[:radius]], or relu where the client applies it (--step layerwise)
    /// [default: poly:0,1,0.5; for --step whole square with a shift that depends on the data set]
    #[arg(long)]
    activation: Option<String>,

    /// Loss: cross-entropy (softmax), logistic (one output, for two classes), squared, or huber[:delta]; for --step whole
    /// squared, weighted-squared (for many classes; the error of the right class counts as much as all others together),
    /// weighted-cubic (large errors count more; two levels more), logistic[:range] (every class against the rest; three to
    /// six levels more) or softmax[:range] (cross-entropy; as many for two classes, five and more for others), with
    /// probabilities that are valid for logits up to the range, 12 and 8 if none is given
    /// [default: cross-entropy; squared for regression and for --step whole]
    #[arg(long, value_parser = loss::loss)]
    loss: Option<LossChoice>,

    /// Largest number of samples per step [default: 128; 120 for iris and 256 for digits with --step whole]
    #[arg(long)]
    batch: Option<usize>,

    /// Equal shares of every batch that so many ranks compute at the same time (docs/several-machines.md). The process or
    /// the ranks at hand compute all of them, with the same result [default: the ranks that mpirun started; 1 without it]
    #[arg(long, value_name = "COUNT")]
    ranks: Option<usize>,

    /// Number of training steps [default: 600; for --step whole 30, 15 for wine, 100 for digits, 50 for a file, and more
    /// with two hidden layers]
    #[arg(long)]
    steps: Option<usize>,

    /// Number of times that training uses every sample, instead of a number of steps
    #[arg(long, conflicts_with = "steps")]
    epochs: Option<usize>,

    /// Learning rate; for --step whole also one per layer, of which the last applies to all further layers
    /// [default: 0.05; for --step whole 1.5,0.1 for iris, and lower for more layers]
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true)]
    learning_rate: Option<Vec<f64>>,

    /// Momentum, for --optimizer sgd and nesterov [default: 0.9] and for --step whole [default: depends on the data set]
    #[arg(long, allow_negative_numbers = true)]
    momentum: Option<f64>,

    /// Decay of the learning rates: in step t they are divided by 1 + DECAY t [default: 0; rates that fall linearly to 0
    /// where the client computes the loss]
    #[arg(long, allow_negative_numbers = true)]
    decay: Option<f64>,

    /// Share of the training samples that the client sets aside for validation, stratified by class. The weights with
    /// the lowest validation loss are tested and saved; the server learns nothing about it
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    validation: Option<f64>,

    /// Stop after this number of steps without a lower validation loss [default: never]
    #[arg(long, value_name = "STEPS", requires = "validation")]
    patience: Option<usize>,

    /// What to do if weights leave the range that the parameters allow [default: lower-rate; stop for --step whole without
    /// --loss logistic or softmax]
    #[arg(long, value_enum)]
    on_divergence: Option<OnDivergenceName>,

    /// Seed for the split of the data, the first weights and the batches
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Ring degree N, a power of two [default: the smallest that suffices]
    #[arg(long)]
    poly_modulus_degree: Option<usize>,

    /// Key switching for rotations and relinearisations: hybrid is faster, seal is for comparison
    #[arg(long, value_enum, default_value_t = KeySwitchingName::Hybrid)]
    key_switching: KeySwitchingName,

    #[command(flatten)]
    security: SecurityArgs,

    /// Bits of each prime, with the special prime last, such as 50,42,42,42,42,42,42,60 [default: chosen by the plan]
    #[arg(long, value_delimiter = ',')]
    coeff_modulus_bits: Option<Vec<u32>>,

    #[command(flatten)]
    rounds: RoundsArgs,

    #[command(flatten)]
    whole: WholeArgs,
}

/// How a step is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepName {
    /// Two round trips, and the loss at the client; one hidden layer
    Split,
    /// Two round trips a layer, and the loss at the client; any network
    Layerwise,
    /// One round trip, with loss and update at the server, as in Mihara et al. 2020
    Whole,
}

/// The policy if training diverges.
#[derive(Clone, Copy, ValueEnum)]
enum OnDivergenceName {
    /// End with an error and write nothing
    Stop,
    /// Return to earlier weights (those with the lowest training loss for --step whole, those before the last step
    /// otherwise) and continue with half the learning rates, up to 4 times
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

/// A training that is not planned yet.
pub enum Task {
    Rounds(Box<Rounds>),
    Whole(Box<Whole>),
}

impl Task {
    pub fn experiment(&self) -> &Experiment {
        match self {
            Task::Rounds(rounds) => &rounds.experiment,
            Task::Whole(whole) => &whole.experiment,
        }
    }
}

/// More have too little to do.
const MOST_RANKS: usize = 1024;

/// The share of the samples that is held out for testing.
pub const TEST_SHARE: f64 = 0.2;

impl Settings {
    /// Those of a command line with these options and no others.
    pub fn parse(options: &[&str]) -> Result<Settings, clap::Error> {
        let command = Settings::augment_args(clap::Command::new("settings").no_binary_name(true));
        Settings::from_arg_matches(&command.try_get_matches_from(options)?)
    }

    /// For so many ranks, if the options do not say.
    pub fn prepare(&self, job: usize) -> anyhow::Result<Task> {
        self.prepare_for(self.ranks(job)?)
    }

    /// For so many ranks, whatever the options say.
    pub fn prepare_for(&self, ranks: usize) -> anyhow::Result<Task> {
        let Source { problem, defaults, notes } = self.data.read()?;
        match self.asks_for_whole()? {
            Some(asked) => {
                self.rounds.refuse_for_whole(asked)?;
                Ok(Task::Whole(Box::new(self.whole(problem, defaults, notes, ranks)?)))
            }
            None => Ok(Task::Rounds(Box::new(self.rounds(problem, notes, ranks)?))),
        }
    }

    /// The ranks that were asked for.
    pub fn asked_ranks(&self) -> Option<usize> {
        self.ranks
    }

    /// The ranks that a batch is shared among, of a job of so many.
    pub fn ranks(&self, job: usize) -> Result<usize, UsageError> {
        shares(self.ranks, job, MOST_RANKS)
    }

    /// The option that asks for steps in one round trip: `--step`, or one that no other steps have.
    fn asks_for_whole(&self) -> Result<Option<&'static str>, UsageError> {
        let several_rates = self.learning_rate.as_ref().is_some_and(|rates| rates.len() > 1);
        let given = [
            self.whole.given(),
            self.loss_is_of_whole().then_some("--loss"),
            several_rates.then_some("--learning-rate"),
        ];
        match (self.step, given) {
            (Some(StepName::Whole), _) => Ok(Some("--step whole")),
            (Some(_), [Some(flag), ..]) => Err(UsageError::OnlyForWhole { flag }),
            // Other steps have a loss and a learning rate too, and say which.
            (Some(_), _) => Ok(None),
            (None, given) => Ok(given.into_iter().flatten().next()),
        }
    }

    /// The parts of the data, with a preparation fitted to the training part: only its samples determine what fills gaps,
    /// the words and the scaling.
    fn parts(&self, problem: &Problem, choice: &PreparationChoice) -> anyhow::Result<Parts> {
        let (train, test) = problem.split(TEST_SHARE, self.seed)?;
        let (train, validation) = match self.validation_share()? {
            None => (train, None),
            Some(share) => {
                let (train, validation) = train.split(share, self.seed)?;
                (train, Some(validation))
            }
        };
        let (preparation, task) = (Preparation::fit_as(train.table(), choice)?, train.task()?);
        let part = |problem: &Problem| Part::new(problem, &task, &preparation);
        let (train, validation, test) = (part(&train)?, validation.as_ref().map(part).transpose()?, part(&test)?);
        Ok(Parts { preparation, task, train, validation, test })
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

    /// The network that was asked for, which must fit the features and what is predicted.
    fn requested_network(&self, problem: &Problem, features: usize, bias: bool) -> anyhow::Result<Option<Network>> {
        let Some(text) = &self.network else { return Ok(None) };
        let (network, classes) = (text.parse::<Network>()?, problem.outputs());
        match (network.features(), network.outputs()) == (features, classes) {
            true => Ok(Some(network)),
            false => {
                let (network, dataset) = (network.to_string(), problem.name().to_owned());
                Err(UsageError::NetworkDoesNotFit { network, dataset, features, classes, bias }.into())
            }
        }
    }

    /// The number of steps, for batches of so many samples.
    fn steps(&self, default: usize, samples: usize, batch: usize, batches_per_step: usize) -> usize {
        let batches = samples.div_ceil(batch.max(1));
        let of_epochs = |epochs: usize| epochs.saturating_mul(batches).div_ceil(batches_per_step.max(1));
        self.steps.or(self.epochs.map(of_epochs)).unwrap_or(default)
    }

    /// The experiment of prepared data.
    fn experiment(
        &self,
        problem: Problem,
        mut notes: Vec<Note>,
        parts: Parts,
        length: Length,
    ) -> anyhow::Result<Experiment> {
        let Parts { preparation, task, train, validation, test } = parts;
        let Length { batch, equal_batches, batches_per_step, ranks, steps, on_divergence } = length;
        let samples = train.len();
        let batches = samples.div_ceil(batch.max(1));
        for (flag, actual, most, meaning) in [
            ("--batch", batch, samples, Some("the number of training samples")),
            ("--batches-per-step", batches_per_step, batches, Some("the number of batches")),
            ("--steps", self.steps.unwrap_or(1), usize::MAX, None),
            ("--epochs", self.epochs.unwrap_or(1), usize::MAX, None),
            ("--patience", self.patience.unwrap_or(1), usize::MAX, None),
        ] {
            UsageError::check_count(flag, actual, 1..=most, meaning)?;
        }
        let (features, more) = preparation.encode(problem.table())?;
        notes.extend(more);
        notes.extend(preparation.far_out(&features));
        notes.extend(preparation.notes());
        Ok(Experiment {
            data: problem.fingerprint(),
            description: notes::describe(&problem),
            dataset: problem.name().to_owned(),
            task,
            notes,
            preparation,
            train,
            validation,
            test,
            // All ranks have one in every step.
            batch: match (equal_batches, ranks) {
                (false, _) => batch,
                (true, 1) => samples.div_ceil(batches),
                (true, _) => samples.div_ceil(batches.next_multiple_of(batches_per_step)),
            },
            batches_per_step,
            ranks,
            steps,
            patience: self.patience,
            on_divergence: self.on_divergence.map_or(on_divergence, OnDivergence::from),
            seed: self.seed,
            request: ParameterRequest {
                poly_modulus_degree: self.poly_modulus_degree,
                coeff_modulus_bits: self.coeff_modulus_bits.clone(),
                key_switching: self.key_switching.into(),
                security: self.security.table(),
            },
        })
    }
}

/// Prepared data.
struct Parts {
    preparation: Preparation,
    task: Predicted,
    train: Part,
    validation: Option<Part>,
    test: Part,
}

/// How long a training is, and what it does if it diverges.
struct Length {
    batch: usize,
    /// Whether all batches have the same size, which may then be smaller: the plan needs no more room than that.
    equal_batches: bool,
    batches_per_step: usize,
    ranks: usize,
    steps: usize,
    on_divergence: OnDivergence,
}
