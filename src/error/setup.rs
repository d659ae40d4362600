//! Settings that do not fit each other.

use super::{CircuitError, Error};
use crate::Level;

/// A network, layout, batch or setting that does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The text or the numbers do not describe a network.
    #[error("network {network:?}: {reason}")]
    BadNetwork {
        /// What was given.
        network: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The ends of the network are not those of the data.
    #[error(
        "network {network} does not fit data set {dataset}, which has {features} features{bias} and {classes} classes: \
         try --network {features}-8-{classes}",
        bias = if *bias { " (the bias input is added to them)" } else { "" }
    )]
    NetworkDoesNotFit {
        /// The network.
        network: String,
        /// The data set.
        dataset: String,
        /// Features of a sample.
        features: usize,
        /// Classes.
        classes: usize,
        /// Whether a constant input is added.
        bias: bool,
    },
    /// The text does not describe an activation.
    #[error("activation {activation:?}: {reason}")]
    BadActivation {
        /// What was given.
        activation: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A setting out of its range.
    #[error("{setting} is {actual}, but must be {expected}")]
    BadSetting {
        /// Its name on the command line.
        setting: &'static str,
        /// The value given.
        actual: String,
        /// The range, in words.
        expected: &'static str,
    },
    /// A part of the program that was left out when it was built.
    #[error("{what} needs a program built with the feature {feature}: cargo build --release --features {feature}")]
    NotBuilt {
        /// What was asked for.
        what: &'static str,
        /// The cargo feature.
        feature: &'static str,
    },
    /// Calibrated logits that left what was promised to the polynomials.
    #[error(
        "after step {step} logits spread over {reached:.3}, and the polynomials take 0 to {range}: \
         lower the rate, or promise a wider range (more levels)"
    )]
    LeftRange {
        /// The step, from 1.
        step: usize,
        /// The spread reached.
        reached: f64,
        /// The one promised.
        range: f64,
    },
    /// Logits whose softmax the levels do not hold.
    #[error(
        "the range of the logits over the temperature is {range}, too wide for {classes} classes in {levels} levels \
         with {refreshes} refreshes: {}",
        narrower(*lowest_temperature, *temperature, *needed)
    )]
    RangeTooWide {
        /// Classes.
        classes: usize,
        /// The spread promised, over the temperature.
        range: f64,
        /// The temperature.
        temperature: f64,
        /// Levels left at the logits.
        levels: usize,
        /// Refreshes allowed on the way.
        refreshes: usize,
        /// The lowest temperature at which these levels do, if there is any.
        lowest_temperature: Option<f64>,
        /// Levels that do for this range, if there are any.
        needed: Option<usize>,
    },
    /// A layout needs more slots than there are.
    #[error(
        "layout {layout} of network {network} with a batch of {batch} needs {needed} slots, and there are {slots}: {remedy}"
    )]
    LayoutDoesNotFit {
        /// The layout.
        layout: &'static str,
        /// The network.
        network: String,
        /// Samples in a batch.
        batch: usize,
        /// Slots it needs.
        needed: usize,
        /// Slots of a ciphertext.
        slots: usize,
        /// What to change.
        remedy: String,
    },
    /// A layout that this network's shape rules out.
    #[error("layout {layout} cannot hold network {network}: {reason}")]
    LayoutUnsuited {
        /// The layout.
        layout: &'static str,
        /// The network.
        network: String,
        /// Why, and what would do.
        reason: &'static str,
    },
    /// The chain is too short for what is asked of it.
    #[error(
        "{program} needs {needed} levels, and these parameters have {actual}: take at least {} data primes \
         (--coeff-modulus-bits), or leave the parameters to the plan",
        needed + 1
    )]
    TooFewLevels {
        /// What was to be computed.
        program: String,
        /// Levels that it consumes.
        needed: usize,
        /// Levels there are.
        actual: usize,
    },
    /// A layout whose steps cannot follow each other without a refresh.
    #[error(
        "layout {layout} cannot make {steps} training steps between two refreshes ({source}): take --refresh-every 1, or another --layout"
    )]
    NeedsRefresh {
        /// The layout.
        layout: &'static str,
        /// The steps asked for.
        steps: usize,
        /// What the second step met.
        source: CircuitError,
    },
    /// No parameters of 128-bit security are large enough.
    #[error(
        "no parameters at 128-bit security hold this: {reason}; take a smaller network, a smaller batch, fewer steps \
         between refreshes (--refresh-every) or the layout with the lesser depth (`seal-nn plan` prints it)"
    )]
    NoParameters {
        /// What the largest ones lacked.
        reason: String,
    },
    /// No layout holds the network.
    #[error(
        "no layout fits network {network}: {reasons}; a smaller network, a smaller batch or fewer steps between refreshes \
         (--refresh-every) may"
    )]
    NoLayout {
        /// The network.
        network: String,
        /// What each layout says.
        reasons: String,
    },
    /// Weights ran away.
    #[error(
        "training left the range that the parameters allow at step {step}: {what} is {actual:.3e}, and at most {allowed:.3e} fits; \
         lower --learning-rate, or let --on-divergence lower-rate do it"
    )]
    Diverged {
        /// The step, counted from 1.
        step: usize,
        /// What left its range.
        what: &'static str,
        /// Its size.
        actual: f64,
        /// The largest that fits.
        allowed: f64,
    },
    /// Weights ran away at lower and lower rates.
    #[error(
        "{source}; the rates were halved {times} times already: other first weights (--seed), --l2 or a gentler --activation may help"
    )]
    DivergedAgain {
        /// How often the rates were halved.
        times: usize,
        /// What left its range last.
        source: Box<SetupError>,
    },
    /// A value left its range inside a step.
    #[error("training left the range that the parameters allow at step {step}: {source}")]
    OutOfRangeAtStep {
        /// The step, counted from 1.
        step: usize,
        /// What left its range.
        source: CircuitError,
    },
    /// A step on a batch that the server was not sent.
    #[error("a step on batch {actual}, counted from 0, where the server was sent {expected}: send the batch first")]
    UnknownBatch {
        /// Batches that were sent.
        expected: usize,
        /// The one asked for.
        actual: usize,
    },
    /// Bytes that are no description of what was expected.
    #[error("not a valid description of a deployment: {reason}")]
    BadDescription {
        /// What is wrong with them.
        reason: String,
    },
    /// Two parties that would not compute the same.
    #[error(
        "the description leads to another plan here ({actual}) than where it was made ({expected}): both sides must run the \
         same version of this program"
    )]
    OtherPlan {
        /// The fingerprint of the plan that was described.
        expected: String,
        /// That of the plan made from it.
        actual: String,
    },
    /// A request that needs data which the server was not sent.
    #[error("the server was asked before it was sent {what}: send that first")]
    NothingKept {
        /// What it lacks.
        what: &'static str,
    },
    /// A request for no step.
    #[error("a request for no training step: ask for at least 1")]
    NoStep,
    /// A step at rates that no plan keeps room for.
    #[error("a step takes {actual} of the first learning rates, but the share must be above 0 and at most 1")]
    RateShare {
        /// The share asked for.
        actual: f64,
    },
    /// A ciphertext at another level than planned.
    #[error(
        "a message holds a ciphertext at {actual}, where the plan has {expected}: both parties must have the same plan"
    )]
    UnplannedLevel {
        /// The planned level.
        expected: Level,
        /// The ciphertext's.
        actual: Level,
    },
    /// A head whose widest layer has more units than a ciphertext has slots.
    #[error(
        "a head whose widest layer, padded, has {needed} units needs as many slots, and there are {slots}: take a larger ring"
    )]
    HeadTooWide {
        /// Units of the widest layer, padded to a power of two.
        needed: usize,
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// More samples than one ciphertext holds, or none.
    #[error("{what}: {actual}, where 1 to {most} fit in a ciphertext: take fewer, or a larger ring")]
    SamplesDoNotFit {
        /// Which samples.
        what: &'static str,
        /// The most that fit.
        most: usize,
        /// Samples given.
        actual: usize,
    },
    /// A batch that the layout was not made for.
    #[error("a batch of {actual} samples, where the plan is for 1 to {expected}: split the samples, or plan for more")]
    WrongBatch {
        /// The most samples that were planned for.
        expected: usize,
        /// Samples given.
        actual: usize,
    },
    /// Two arrays that must have the same shape.
    #[error("{what} has shape {actual:?}, but {expected:?} is expected")]
    WrongShape {
        /// Which array.
        what: &'static str,
        /// Rows and columns expected.
        expected: (usize, usize),
        /// Rows and columns found.
        actual: (usize, usize),
    },
}

fn narrower(lowest: Option<f64>, temperature: f64, needed: Option<usize>) -> String {
    let warmer = lowest.map_or("no temperature serves with so few".into(), |lowest| {
        format!("take a temperature of at least {lowest:.3} in place of {temperature}")
    });
    let levels = needed.map_or(String::new(), |n| format!(", or {n} levels (larger parameters, or more refreshes)"));
    warmer + &levels
}

impl SetupError {
    /// Whether weights or values left their range in training, so that lower learning rates may help.
    pub fn is_divergence(&self) -> bool {
        matches!(self, SetupError::Diverged { .. } | SetupError::OutOfRangeAtStep { .. })
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

    /// Says at which step, counted from 1, a value left its range; other errors stay as they are.
    pub(crate) fn at_step(error: Error, step: usize) -> Error {
        match error {
            Error::Circuit(source @ CircuitError::OutOfRange { .. }) => {
                SetupError::OutOfRangeAtStep { step, source }.into()
            }
            other => other,
        }
    }
}
