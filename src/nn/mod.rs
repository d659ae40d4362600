//! Networks, training in the clear, and the same training step on encrypted values.
//!
//! [`Network`] and [`TrainingSpec`] say what is trained; [`mod@reference`] trains it in plain `f64`; a
//! [`TrainingLayout`] ([`Merged`], [`Diagonal`], [`Axes`]; [`Layout`] is any of them) writes the same step as a
//! [`TrainingProgram`] for a [`Circuit`](crate::backend::Circuit); [`Training`] and [`Inference`] are the programs that run on it.

mod activation;
mod adam;
mod any_layout;
mod argmax;
mod axes;
mod baselines;
mod calibration;
mod choice;
mod comparison;
mod diagonal;
mod diagonal_packed;
mod head;
mod inference;
mod layout;
mod loss;
mod merged;
mod network;
mod optimizer;
mod packed_activation;
mod polynomial;
pub mod reference;
mod relu_baseline;
mod soft_argmax;
mod spec;
mod trainer;
mod training;
mod two_layers;
mod weights;

pub use activation::Activation;
pub use any_layout::{Layout, LayoutKind, LayoutProgram};
pub use argmax::Argmax;
pub use axes::{Axes, AxesProgram, GradientMode, ShapeCost, axis_shapes};
pub use baselines::{E2dm, HaleviShoup, Hetal, Naive, row_column};
pub use calibration::{
    Calibration, CalibrationAnswer, CalibrationCall, CalibrationProgram, CalibrationSpec, CalibrationState,
    EncryptedLogits, Fit, RANGE_MARGIN, calibrate_in_clear,
};
pub use choice::{Candidate, Choice};
pub use comparison::Comparison;
pub use diagonal::{Diagonal, DiagonalProgram, Transposition};
pub use diagonal_packed::DiagonalPacked;
pub use head::{
    Dense, Embeddings, EncryptedTraining, EncryptedTrainingSpec, Head, HeadActivation, HeadInference, HeadOutputs,
    HeadProgram, HeadShape, HeadState, HeadTraining, HeadVectors, HeadWeights, TrainingSamples, largest_spread,
    train_step_in_clear,
};
pub use inference::{Inference, Outputs, Question};
pub use layout::{Batch, Placed, State, TrainingLayout, TrainingProgram};
pub use loss::{accuracy, half_squared_error, predicted_classes};
pub use merged::{Merged, MergedProgram};
pub use network::{Network, NetworkBuilder};
pub use optimizer::{Schedule, Sgd};
pub use polynomial::{BivariatePolynomial, BivariateProgram, Polynomial, PolynomialProgram};
pub use relu_baseline::ReluBaseline;
pub use soft_argmax::{
    ApproximationError, Budget, MinimaxInverse, SoftArgmax, SoftArgmaxGradient, SoftArgmaxProgram,
    SoftmaxApproximation, VARIANTS, Variant,
};
pub use spec::{Bounds, TrainingSpec};
pub use trainer::Trainer;
pub(crate) use training::check_refresh_every;
pub use training::{Steps, Training};
pub use two_layers::TwoLayers;
pub use weights::Weights;
