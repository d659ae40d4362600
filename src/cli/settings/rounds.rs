//! Steps in several round trips, with the loss at the client.

use clap::{Args, ValueEnum};
use seal_nn::{
    data::{Components, Hinges, Note, Preparation, PreparationChoice},
    model::HiddenActivation,
    nn::{
        learning::{LearningSettings, Loss, Optimizer, balanced_class_weights, random_layers},
        training::{OnDivergence, Schedule},
    },
    program::Line,
};

use super::{
    Length, Settings, StepName,
    effort::{Effort, weight_decay},
};
use crate::cli::{
    problem::Problem,
    training::{Rounds, StepKind, loss_in_words},
    usage::{UsageError, first_given},
};

#[derive(Args)]
#[command(next_help_heading = "Options where the client computes the loss (--step split, layerwise)")]
pub struct RoundsArgs {
    /// How much work to spend: units and steps, unless --hidden, --network or --steps say otherwise. The time that each
    /// takes is printed before the training
    #[arg(long, value_enum, default_value_t = Effort::Default)]
    pub(super) effort: Effort,

    /// Second features `max(x - median, 0)` for columns of numbers, which narrow tables need: yes, or no
    /// [default: yes for up to 20 features, unless --network counts them]
    #[arg(long, value_enum, value_name = "WHETHER")]
    hinges: Option<Switch>,

    /// Replace the features by so many principal components, which the client computes; auto takes 63 for more than 128
    /// features [default: auto]
    #[arg(long, value_name = "COUNT")]
    components: Option<String>,

    /// How gradients become directions [default: adam]
    #[arg(long, value_enum)]
    optimizer: Option<OptimizerName>,

    /// By how much weights shrink in a step, times the learning rate [default: 0.1; 2 for two classes with fewer than 1000
    /// training samples, three with fewer than 500 and so on; 0.03 for more than 4000 training samples]
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true)]
    weight_decay: Option<f64>,

    /// How the learning rate changes over the steps [default: linear]
    #[arg(long, value_enum, conflicts_with = "decay")]
    schedule: Option<ScheduleName>,

    /// Scale gradients whose Euclidean norm is above NORM down to it [default: never]
    #[arg(long, value_name = "NORM", allow_negative_numbers = true)]
    clip_norm: Option<f64>,

    /// Weights of the classes in the loss: balanced makes all count the same, however many samples they have
    /// [default: none]
    #[arg(long, value_enum)]
    class_weight: Option<ClassWeight>,

    /// Megabits per second of the line to the server: tiles are chosen by the time of a step with that of its bytes
    /// [default: 100 with --server on another machine; on this one, bytes take no time]
    #[arg(long, value_name = "MBIT", allow_negative_numbers = true)]
    line: Option<f64>,

    /// Memory in MiB in which the server may keep encrypted samples. If they need more, they travel with every step
    /// [default: 1024]
    #[arg(long, value_name = "MIB")]
    server_memory: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    Yes,
    No,
}

#[derive(Clone, Copy, ValueEnum)]
enum OptimizerName {
    /// Adam with decoupled weight decay
    Adam,
    /// Gradient descent with momentum
    Sgd,
    /// Gradient descent with Nesterov's momentum
    Nesterov,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScheduleName {
    /// Falling to 0 with the last step
    Linear,
    Constant,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClassWeight {
    None,
    Balanced,
}

/// Samples per step.
const BATCH: usize = 128;
/// `z + z^2 / 2`.
const ACTIVATION: &str = "poly:0,1,0.5";
const SERVER_MEMORY_MIB: usize = 1024;
const MOMENTUM: f64 = 0.9;

impl RoundsArgs {
    /// Returns an error for an option that has no meaning where the server computes the loss.
    ///
    /// `asked` is the option that asks for such steps.
    pub fn refuse_for_whole(&self, asked: &'static str) -> Result<(), UsageError> {
        let given = first_given([
            ("--effort", self.effort != Effort::Default),
            ("--hinges", self.hinges.is_some()),
            ("--components", self.components.is_some()),
            ("--optimizer", self.optimizer.is_some()),
            ("--weight-decay", self.weight_decay.is_some()),
            ("--schedule", self.schedule.is_some()),
            ("--clip-norm", self.clip_norm.is_some()),
            ("--class-weight", self.class_weight.is_some()),
            ("--server-memory", self.server_memory.is_some()),
            ("--line", self.line.is_some()),
        ]);
        given.map_or(Ok(()), |flag| Err(UsageError::NotForWhole { flag, asked }))
    }

    /// A network that was asked for names the features as they are.
    fn hinges(&self, network_is_given: bool) -> Hinges {
        match self.hinges {
            None if network_is_given => Hinges::Never,
            None => Hinges::default(),
            Some(Switch::Yes) => Hinges::UpTo(usize::MAX),
            Some(Switch::No) => Hinges::Never,
        }
    }

    /// The line to the server, if it was said.
    fn line(&self) -> Result<Option<Line>, UsageError> {
        match self.line {
            Some(megabits) if !(megabits > 0.0 && megabits.is_finite()) => Err(UsageError::BadValue {
                flag: "--line",
                actual: megabits.to_string(),
                expected: "above 0, such as 20 for 20 Mbit/s".into(),
            }),
            megabits => Ok(megabits.map(|megabits| Line { bits_per_second: megabits * 1e6, ..Line::USUAL })),
        }
    }

    fn components(&self) -> Result<Components, UsageError> {
        match self.components.as_deref() {
            None | Some("auto") => Ok(Components::Auto),
            Some("none") => Ok(Components::Never),
            Some(count) => count.parse().map(Components::Count).map_err(|_| UsageError::BadValue {
                flag: "--components",
                actual: count.into(),
                expected: "auto, none or a number from 1 on".into(),
            }),
        }
    }
}

impl Settings {
    /// The training of a table in several round trips.
    pub fn rounds(&self, problem: Problem, notes: Vec<Note>, ranks: usize) -> anyhow::Result<Rounds> {
        let loss = self.suitable_loss(&problem)?;
        let choice = PreparationChoice {
            hinges: self.rounds.hinges(self.network.is_some()),
            components: self.rounds.components()?,
        };
        let parts = self.parts(&problem, &choice)?;
        let activation: HiddenActivation = self.activation.as_deref().unwrap_or(ACTIVATION).parse()?;
        let (widths, fixed) = self.widths(&problem, &parts.preparation, loss)?;
        let kind = self.kind(&widths, &activation)?;
        let samples = parts.train.len();
        let batch = self.batch.unwrap_or(BATCH.min(samples));
        let steps = self.steps(self.rounds.effort.steps(), samples, batch, 1);
        let class_weights = match (self.rounds.class_weight, &problem) {
            (Some(ClassWeight::Balanced), Problem::Classes(table)) => {
                Some(balanced_class_weights(parts.train.labels(), table.classes.len())?)
            }
            _ => None,
        };
        let settings = self.learning(loss, steps, weight_decay(&problem, samples))?;
        let on_divergence = OnDivergence::LowerRate;
        let length = Length { batch, equal_batches: false, batches_per_step: 1, ranks, steps, on_divergence };
        let experiment = self.experiment(problem, notes, parts, length)?;
        settings.check()?;
        Ok(Rounds {
            kind,
            // Without them, efforts differ in more than what is asked for.
            compare_efforts: !fixed && self.steps.is_none() && self.epochs.is_none(),
            effort: self.rounds.effort,
            settings,
            class_weights,
            layers: random_layers(&widths, self.seed)?,
            widths,
            activation,
            line: self.rounds.line()?,
            server_memory: self.rounds.server_memory.unwrap_or(SERVER_MEMORY_MIB).saturating_mul(1 << 20),
            experiment,
        })
    }

    /// The requested loss, or the usual one.
    fn suitable_loss(&self, problem: &Problem) -> Result<Loss, UsageError> {
        let loss = |loss: Loss| loss_in_words(loss);
        match (self.loss_at_client()?, problem) {
            (None, Problem::Classes(_)) => Ok(Loss::CrossEntropy),
            (None, Problem::Numbers(_)) => Ok(Loss::SquaredError),
            (Some(chosen @ (Loss::CrossEntropy | Loss::Logistic)), Problem::Numbers(_)) => {
                let (task, suitable) = ("numbers", "squared or huber");
                Err(UsageError::UnsuitableLoss { loss: loss(chosen), task, suitable })
            }
            (Some(chosen @ Loss::Logistic), Problem::Classes(table)) if table.classes.len() > 2 => {
                let (task, suitable) = ("more than two classes", "cross-entropy");
                Err(UsageError::UnsuitableLoss { loss: loss(chosen), task, suitable })
            }
            (Some(chosen), _) => Ok(chosen),
        }
    }

    /// The units of every layer, and whether they were asked for.
    fn widths(&self, problem: &Problem, preparation: &Preparation, loss: Loss) -> anyhow::Result<(Vec<usize>, bool)> {
        let features = preparation.features();
        let outputs = match problem {
            Problem::Classes(_) => loss.outputs(problem.outputs()),
            Problem::Numbers(_) => 1,
        };
        if let Some(network) = self.requested_network(problem, features, false)? {
            let mut widths = network.widths().to_vec();
            if let Some(last) = widths.last_mut() {
                *last = outputs;
            }
            return Ok((widths, true));
        }
        let hidden = self.hidden_units()?;
        let units = hidden.clone().unwrap_or_else(|| vec![self.rounds.effort.units(preparation)]);
        let widths = [features].into_iter().chain(units).chain([outputs]).collect();
        Ok((widths, hidden.is_some()))
    }

    /// The requested step, or the one with the fewest round trips.
    fn kind(&self, widths: &[usize], activation: &HiddenActivation) -> Result<StepKind, UsageError> {
        match self.step {
            None if StepKind::can_split(widths, activation) => Ok(StepKind::Split),
            None | Some(StepName::Layerwise) => Ok(StepKind::Layerwise),
            Some(_) if StepKind::can_split(widths, activation) => Ok(StepKind::Split),
            Some(_) => Err(UsageError::CannotSplit { layers: widths.len() - 1, activation: activation.to_string() }),
        }
    }

    /// Units of hidden layers, if they were asked for.
    pub(super) fn hidden_units(&self) -> Result<Option<Vec<usize>>, UsageError> {
        let Some(text) = &self.hidden else { return Ok(None) };
        let bad = || UsageError::BadValue {
            flag: "--hidden",
            actual: text.clone(),
            expected: "numbers of units such as 32 or 32,16, or none".into(),
        };
        if text == "none" {
            return Ok(Some(Vec::new()));
        }
        text.split(',').map(|units| units.trim().parse().map_err(|_| bad())).collect::<Result<_, _>>().map(Some)
    }

    fn learning(&self, loss: Loss, steps: usize, weight_decay: f64) -> Result<LearningSettings, UsageError> {
        let usual = LearningSettings::for_steps(steps);
        let momentum = self.momentum.unwrap_or(MOMENTUM);
        let optimizer = match self.rounds.optimizer {
            None | Some(OptimizerName::Adam) if self.momentum.is_some() => return Err(UsageError::MomentumOfAdam),
            None | Some(OptimizerName::Adam) => usual.optimizer,
            Some(OptimizerName::Sgd) => Optimizer::Sgd { momentum, nesterov: false },
            Some(OptimizerName::Nesterov) => Optimizer::Sgd { momentum, nesterov: true },
        };
        let rate = match self.learning_rate.as_deref() {
            None => usual.rate,
            Some(&[rate]) => rate,
            Some(rates) => {
                return Err(UsageError::BadValue {
                    flag: "--learning-rate",
                    actual: format!("{} numbers", rates.len()),
                    expected: "one number, unless the server makes the update (--step whole)".into(),
                });
            }
        };
        let schedule = match (self.decay, self.rounds.schedule) {
            (Some(0.0), _) | (None, Some(ScheduleName::Constant)) => Schedule::Constant,
            (Some(decay), _) => Schedule::InverseTime { decay },
            (None, _) => usual.schedule,
        };
        Ok(LearningSettings {
            loss,
            optimizer,
            rate,
            schedule,
            weight_decay: self.rounds.weight_decay.unwrap_or(weight_decay),
            clip_norm: self.rounds.clip_norm,
            ..usual
        })
    }
}
