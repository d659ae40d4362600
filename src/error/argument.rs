//! Errors of arguments: numbers out of their range, and parts that do not belong together.

use std::ops::Bound;

use super::bounds::{Argument, number, range};

/// An argument that a function cannot work with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// A number out of its range, or one that is not finite.
    #[error("{argument} is {}, but must be {}", number(*actual), range(*actual, *least, *most))]
    OutOfBounds {
        /// The argument.
        argument: Argument,
        /// The number given.
        actual: f64,
        /// The lower end of the range.
        least: Bound<f64>,
        /// The upper end of the range.
        most: Bound<f64>,
    },
    /// A number that is not one of a few.
    #[error("{argument} is {actual}, but must be one of {}", listed(allowed, ", "))]
    NotOneOf {
        /// The argument.
        argument: Argument,
        /// The number given.
        actual: usize,
        /// The numbers that are possible.
        allowed: &'static [usize],
    },
    /// A number that is not a power of two.
    #[error("{argument} is {actual}, but must be a power of two")]
    NotPowerOfTwo {
        /// The argument.
        argument: Argument,
        /// The number given.
        actual: usize,
    },
    /// A label that is not a class.
    #[error("the label of sample {sample} is {label}, but there are {classes} classes, counted from 0")]
    UnknownLabel {
        /// The sample, counted from 0.
        sample: usize,
        /// Its label.
        label: usize,
        /// Classes.
        classes: usize,
    },
    /// NaN or infinity among the numbers of an argument.
    #[error("{what} is {actual}, but must be finite")]
    NotFinite {
        /// One of the numbers.
        what: &'static str,
        /// NaN or an infinity.
        actual: f64,
    },
    /// A list without elements.
    #[error("there are no {what}: at least one is needed")]
    Empty {
        /// The elements.
        what: &'static str,
    },
    /// An interval that is empty or not finite.
    #[error("{what} is from {low} to {high}, but must be from a finite number to a larger one")]
    BadInterval {
        /// The interval.
        what: &'static str,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// Weight decay for which a step would change the sign of weights instead of shrinking them.
    #[error(
        "the weight decay is {}, but must be 0, or at least {} and below 1 / {largest_rate}, the inverse of the largest \
         learning rate",
        number(*actual), number(*least)
    )]
    WeightDecay {
        /// The weight decay given.
        actual: f64,
        /// The smallest one above 0.
        least: f64,
        /// The largest learning rate.
        largest_rate: f64,
    },
    /// Training steps without a refresh in between, at learning rates for which the last of them loses too many bits.
    #[error(
        "{steps} training steps between two refreshes lose {lost_bits:.1} bits of precision at this learning rate and \
         number of samples, but at most {most_bits} are allowed: refresh after every step, or use a higher rate"
    )]
    PrecisionLost {
        /// Steps between two refreshes.
        steps: usize,
        /// The logarithm of the number of samples over the learning rate.
        lost_bits: f64,
        /// The largest loss that is allowed.
        most_bits: f64,
    },
    /// A part that was made for another number of classes.
    #[error("{what} is for {actual} classes, but {expected} are expected")]
    WrongClasses {
        /// The part.
        what: &'static str,
        /// The number of classes of what it belongs to.
        expected: usize,
        /// Its own.
        actual: usize,
    },
    /// Another number of something than belongs to the network.
    #[error("the number of {what} is {actual}, but must be {expected}")]
    WrongCount {
        /// What is counted.
        what: &'static str,
        /// The number expected.
        expected: usize,
        /// The number given.
        actual: usize,
    },
    /// Widths and an activation that are not those of a head.
    #[error(
        "a head of widths {} {}: give inputs and classes, or inputs, hidden units and classes with a polynomial of degree \
         2 or more in between",
        listed(widths, "-"),
        degree.map_or("without an activation".into(), |degree| format!("with a polynomial of degree {degree}"))
    )]
    BadHeadShape {
        /// The widths given.
        widths: Vec<usize>,
        /// The degree of the activation, if there is one.
        degree: Option<usize>,
    },
    /// A head of other widths than those it would be packed for.
    #[error("the head has widths {}, but was planned with {}", listed(actual, "-"), listed(expected, "-"))]
    WrongHeadShape {
        /// The widths it was planned with: inputs, hidden units if there are any, classes.
        expected: Vec<usize>,
        /// Those of the head.
        actual: Vec<usize>,
    },
    /// A head whose activation has no encrypted form.
    #[error(
        "the activation of the head is {}, but must be a polynomial of degree 2 or more to be encrypted: use \
         Head::with_polynomial",
        degree.map_or("ReLU".into(), |degree| format!("a polynomial of degree {degree}"))
    )]
    ActivationNotEncryptable {
        /// The degree of a polynomial; `None` for ReLU.
        degree: Option<usize>,
    },
    /// An approximation of the soft-argmax that does not read one number per class, so that nothing can be learned
    /// through it.
    #[error(
        "{what} needs an approximation with one input per class, {classes} in all, but this one has {inputs}: use one \
         such as SoftmaxApproximation::stages"
    )]
    UnsuitedApproximation {
        /// What is to be learned.
        what: &'static str,
        /// Classes.
        classes: usize,
        /// Inputs of the approximation.
        inputs: usize,
    },
    /// The position is asked of probabilities that do not sum to 1 under encryption.
    #[error(
        "the position needs probabilities that sum to 1, but those of one class against the rest do not: use another \
         approximation, or let the client divide them by their sum"
    )]
    NotNormalised,
    /// A comparison that takes too many polynomials.
    #[error(
        "a comparison with a gap of {gap} and an error of {error} takes more than {most} polynomials: use a larger gap \
         or a larger error"
    )]
    ComparisonTooFine {
        /// The smallest difference to decide.
        gap: f64,
        /// The error allowed.
        error: f64,
        /// The largest number of polynomials.
        most: usize,
    },
    /// A fit with fewer points than coefficients.
    #[error(
        "a fit of {needed} coefficients needs as many points, but there are {actual}: add points, or lower the degree"
    )]
    TooFewPoints {
        /// Coefficients.
        needed: usize,
        /// Points given.
        actual: usize,
    },
    /// A polynomial of two variables that cannot be evaluated in as few levels as its degree allows.
    #[error(
        "no evaluation of this polynomial of two variables of degree {degree} in {levels} level(s): use one that is even \
         in its second variable, of degree 7 or 15"
    )]
    NoEvaluation {
        /// Its degree.
        degree: usize,
        /// The levels.
        levels: usize,
    },
}

fn listed(numbers: &[usize], separator: &str) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(separator)
}
