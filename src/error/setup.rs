//! Errors of networks, layouts, parameters and trainings.

use std::sync::Arc;

use super::{CircuitError, Error, SealError};
use crate::units::LARGEST_RING;

/// An invalid network, layout or batch, or a training that cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The text or the numbers do not describe a valid network.
    #[error("network {network:?}: {reason}")]
    BadNetwork {
        /// What was given.
        network: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The text does not describe a valid activation.
    #[error("activation {activation:?}: {reason}")]
    BadActivation {
        /// What was given.
        activation: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// No layout of this name.
    #[error("there is no layout {name:?}: use one of {}", known.join(", "))]
    UnknownLayout {
        /// The requested name.
        name: String,
        /// The existing names.
        known: &'static [&'static str],
    },
    /// Logits that left the range promised to the polynomials during training.
    #[error(
        "after step {step} the range of the logits is {reached:.3}, but the polynomials are valid up to {range}: \
         lower the rate, or promise a wider range (which takes more levels)"
    )]
    LeftRange {
        /// The step, from 1.
        step: usize,
        /// The spread reached, or the largest absolute logit where each is taken by itself.
        reached: f64,
        /// The one promised.
        range: f64,
    },
    /// Logits with a range that is too wide for the available levels.
    #[error(
        "the range of the logits divided by the temperature is {range}, too wide for {classes} classes in {levels} \
         levels with {refreshes} refreshes: {}",
        narrower(*lowest_temperature, *temperature, *needed)
    )]
    RangeTooWide {
        /// Classes.
        classes: usize,
        /// The promised spread, divided by the temperature.
        range: f64,
        /// The temperature.
        temperature: f64,
        /// Levels left at the logits.
        levels: usize,
        /// Refreshes allowed in between.
        refreshes: usize,
        /// The lowest temperature for which these levels suffice, if there is one.
        lowest_temperature: Option<f64>,
        /// Levels that suffice for this range, if there are any.
        needed: Option<usize>,
    },
    /// A layout needs more slots than are available.
    #[error(
        "layout {layout} of network {network} with a batch of {batch} needs {needed} slots, but only {slots} slots are \
         available: {}", remedy.at(*slots)
    )]
    LayoutDoesNotFit {
        /// The layout.
        layout: &'static str,
        /// The network.
        network: String,
        /// Samples in a batch.
        batch: usize,
        /// Required slots.
        needed: usize,
        /// Slots of a ciphertext.
        slots: usize,
        /// The remedy.
        remedy: LayoutRemedy,
    },
    /// A layout that does not support networks of this shape.
    #[error("layout {layout} cannot hold network {network}: {reason}; use layout {alternative}")]
    LayoutUnsuited {
        /// The layout.
        layout: &'static str,
        /// The network.
        network: String,
        /// The reason.
        reason: &'static str,
        /// A layout that supports such networks.
        alternative: &'static str,
    },
    /// Tiles that are no tiles of a ciphertext.
    #[error(
        "tiles of {} x {} x {} do not fill {slots} slots: each side must be a power of two, and their product the number \
         of slots", sides[0], sides[1], sides[2]
    )]
    BadTiles {
        /// Rows, units and samples of a tile.
        sides: [usize; 3],
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// No loss of this name.
    #[error("there is no loss {name:?}: use one of {}", known.join(", "))]
    UnknownLoss {
        /// The requested name.
        name: String,
        /// The existing names.
        known: &'static [&'static str],
    },
    /// A layout that does not compute a loss.
    #[error("layout {layout} does not compute the loss {loss}: use the squared error, or layout {}", supporting.join(" or "))]
    UnsupportedLoss {
        /// The layout.
        layout: &'static str,
        /// The requested loss.
        loss: &'static str,
        /// The layouts that compute it.
        supporting: Vec<&'static str>,
    },
    /// A loss that takes more levels than there are, where others do not.
    #[error(
        "the probabilities of loss {loss} take {levels} levels for {classes} classes, which are too many ({source}): use \
         {}fewer classes, fewer steps between refreshes or a loss without probabilities",
        fitting.iter().map(|loss| format!("{loss}, ")).collect::<String>()
    )]
    LossTooDeep {
        /// The loss with its range.
        loss: String,
        /// Classes.
        classes: usize,
        /// Levels of its probabilities.
        levels: usize,
        /// Losses that fit.
        fitting: Vec<String>,
        /// The error of the training.
        source: Cause,
    },
    /// A loss whose probabilities no polynomials approximate on its range.
    #[error(
        "no polynomials approximate the probabilities of loss {loss} for {classes} classes on the range {}: use {}a loss \
         without probabilities", loss.split_once(':').map_or("", |(_, range)| range),
        widest.as_ref().map(|loss| format!("a narrower one, such as {loss}, or ")).unwrap_or_default()
    )]
    LossRangeTooWide {
        /// The loss with its range.
        loss: String,
        /// Classes.
        classes: usize,
        /// The loss with the widest range that was found to serve.
        widest: Option<String>,
    },
    /// The modulus chain is too short.
    #[error(
        "{program} needs {needed} levels, but these parameters have {actual}: use at least {} data primes, \
         or leave the parameters to the plan",
        needed.saturating_add(1)
    )]
    TooFewLevels {
        /// What was to be computed.
        program: String,
        /// Levels that it consumes.
        needed: usize,
        /// Available levels.
        actual: usize,
    },
    /// A layout that needs a refresh between steps.
    #[error(
        "layout {layout} cannot run {steps} training steps between two refreshes ({source}): refresh after every step, \
         or use another layout"
    )]
    NeedsRefresh {
        /// The layout.
        layout: &'static str,
        /// The requested steps.
        steps: usize,
        /// The error of the second step.
        source: CircuitError,
    },
    /// No parameters of 128-bit security are large enough.
    #[error("no parameters at 128-bit security suffice for {program}: {}; use {remedy}", finding(source))]
    NoParameters {
        /// What was to be computed.
        program: String,
        /// What helps, in words.
        remedy: String,
        /// The error for the largest ones.
        source: Cause,
    },
    /// No layout supports the network.
    #[error(
        "no layout supports network {network}{}; try a smaller network, a smaller batch or fewer steps between refreshes",
        each_once(refused)
    )]
    NoLayout {
        /// The network.
        network: String,
        /// The layouts that were tried, with the error of each.
        refused: Vec<(&'static str, Cause)>,
    },
    /// Weights left their range: training diverged.
    #[error(
        "training left the range that the parameters allow at step {step}: {what} is {actual:.3e}, but at most \
         {allowed:.3e} is allowed: lower the learning rate"
    )]
    Diverged {
        /// The step, counted from 1.
        step: usize,
        /// The quantity that left its range.
        what: &'static str,
        /// Its size.
        actual: f64,
        /// The largest allowed value.
        allowed: f64,
    },
    /// Decisions on another step than the one that a training has come to.
    #[error(
        "the training has come to step {expected}, but the last decision is on step {last}, and the best weights are those \
         of step {best}: the state is not that of one training"
    )]
    OtherStep {
        /// The number of steps of the training.
        expected: usize,
        /// The step of the last decision.
        last: usize,
        /// The step of the best weights.
        best: usize,
    },
    /// The state of a training with another optimiser.
    #[error(
        "the state is that of another optimiser, or of another number of weights: continue it with the same settings"
    )]
    OtherOptimizer,
    /// Training diverged repeatedly, at lower and lower rates.
    #[error("{source}; the rates were already halved {times} times: try other first weights")]
    DivergedAgain {
        /// The number of times the rates were halved.
        times: usize,
        /// The last divergence.
        source: Box<SetupError>,
    },
    /// A value left its range inside a step.
    #[error("training left the range that the parameters allow at step {step}: {source}, or lower the learning rate")]
    OutOfRangeAtStep {
        /// The step, counted from 1.
        step: usize,
        /// The error.
        source: CircuitError,
    },
    /// A head whose widest layer has more units than a ciphertext has slots.
    #[error(
        "a head with {needed} units in its widest layer, padded, needs as many slots, but there are {slots}: use a {}",
        if is_largest(*slots) { "narrower head" } else { "larger ring" }
    )]
    HeadTooWide {
        /// Units of the widest layer, padded to a power of two.
        needed: usize,
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// More samples than one ciphertext holds, or none.
    #[error("{what}: {actual}, but 1 to {most} fit into a ciphertext: use fewer, or a larger ring")]
    SamplesDoNotFit {
        /// Which samples.
        what: &'static str,
        /// The most that fit.
        most: usize,
        /// Samples given.
        actual: usize,
    },
    /// A batch that is larger than planned.
    #[error("a batch of {actual} samples, but the plan is for 1 to {expected}: split the samples, or plan for more")]
    WrongBatch {
        /// The largest planned number of samples.
        expected: usize,
        /// Samples given.
        actual: usize,
    },
    /// Two arrays that must have the same shape.
    #[error("{what} has shape {actual:?}, but {expected:?} is expected")]
    WrongShape {
        /// The array.
        what: &'static str,
        /// Rows and columns expected.
        expected: (usize, usize),
        /// Rows and columns found.
        actual: (usize, usize),
    },
}

/// An error of any kind that led to another one.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct Cause(Arc<Error>);

impl Cause {
    /// The error.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Cause {
        Cause(Arc::new(error))
    }
}

/// Errors are the same if they say the same.
impl PartialEq for Cause {
    fn eq(&self, other: &Cause) -> bool {
        self.to_string() == other.to_string()
    }
}

/// What is wrong, without what helps where parameters are given: here they are all that there are.
fn finding(cause: &Cause) -> String {
    match cause.error() {
        Error::Circuit(error) => error.finding(),
        Error::Seal(SealError::TooManyBits { requested, allowed, poly_modulus_degree }) => {
            format!("it takes a modulus of {requested} bits, but ring degree {poly_modulus_degree} allows {allowed}")
        }
        Error::Setup(SetupError::TooFewLevels { needed, .. }) => format!("it needs {needed} levels"),
        other => other.to_string(),
    }
}

/// The errors of layouts, each with all that it applies to: `: merged, diagonal: ...; axis: ...`.
fn each_once(refused: &[(&'static str, Cause)]) -> String {
    let mut said: Vec<(Vec<&str>, &Cause)> = Vec::new();
    for (layout, cause) in refused {
        match said.iter_mut().find(|(_, other)| *other == cause) {
            Some((layouts, _)) => layouts.push(layout),
            None => said.push((vec![layout], cause)),
        }
    }
    let texts: Vec<String> = said.iter().map(|(layouts, cause)| format!("{}: {cause}", layouts.join(", "))).collect();
    if texts.is_empty() { String::new() } else { format!(": {}", texts.join("; ")) }
}

/// What helps if a layout needs more slots than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutRemedy {
    /// Batches of at most this size, or a larger ring.
    SmallerBatch(usize),
    /// A larger ring: even one sample is too much for this one.
    LargerRing,
    /// Smaller tiles, fewer guards, or a larger ring.
    SmallerTiles,
    /// A larger ring: every shape of the layout consumes more levels than this one provides.
    MoreLevels,
}

impl LayoutRemedy {
    /// The remedy for a ciphertext with so many slots, in words. There is no ring larger than the largest.
    fn at(self, slots: usize) -> String {
        let (or_ring, instead) = match is_largest(slots) {
            true => ("", "use a smaller network or another layout"),
            false => (" or a larger ring", "use a larger ring"),
        };
        match self {
            LayoutRemedy::SmallerBatch(batch) => format!("use a batch of {batch}{or_ring}"),
            LayoutRemedy::LargerRing => format!("the network alone is too large for them, so {instead}"),
            LayoutRemedy::SmallerTiles => format!("use smaller tiles, fewer guards{or_ring}"),
            LayoutRemedy::MoreLevels => {
                format!("every shape of it consumes more levels than a ring of this size provides, so {instead}")
            }
        }
    }
}

/// Whether no secure ring has more slots.
pub(crate) fn is_largest(slots: usize) -> bool {
    2 * slots >= LARGEST_RING
}

fn narrower(lowest: Option<f64>, temperature: f64, needed: Option<usize>) -> String {
    let warmer = lowest.map_or("no temperature works with so few levels".into(), |lowest| {
        format!("use a temperature of at least {lowest:.3} instead of {temperature}")
    });
    let levels = needed.map_or(String::new(), |n| format!(", or {n} levels (larger parameters, or more refreshes)"));
    warmer + &levels
}

impl SetupError {
    /// Whether weights or values left their range during training, so that lower learning rates may help.
    pub fn is_divergence(&self) -> bool {
        matches!(self, SetupError::Diverged { .. } | SetupError::OutOfRangeAtStep { .. } | SetupError::LeftRange { .. })
    }

    /// Whether a ring with more slots or a longer chain may help.
    pub(crate) fn wants_larger_ring(&self) -> bool {
        matches!(
            self,
            SetupError::LayoutDoesNotFit { .. }
                | SetupError::HeadTooWide { .. }
                | SetupError::SamplesDoNotFit { .. }
                | SetupError::TooFewLevels { .. }
        )
    }

    /// Whether a training of fewer levels may fit.
    pub(crate) fn is_of_levels(&self) -> bool {
        matches!(self, SetupError::NoLayout { .. } | SetupError::NoParameters { .. } | SetupError::TooFewLevels { .. })
    }

    /// Adds the step, counted from 1, to an error of a value that left its range; other errors are unchanged.
    pub(crate) fn at_step(error: Error, step: usize) -> Error {
        match error {
            Error::Circuit(source @ CircuitError::OutOfRange { .. }) => {
                SetupError::OutOfRangeAtStep { step, source }.into()
            }
            other => other,
        }
    }
}
