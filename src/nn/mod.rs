//! Networks, training in the clear, and the same training step on encrypted values.
//!
//! [`Network`] and [`TrainingSpec`] define a training, and [`mod@reference`] runs it in plain `f64`. A
//! [`TrainingLayout`] ([`Merged`], [`Diagonal`], [`Axes`]; [`Layout`] is any of them) implements the same step as a
//! [`TrainingProgram`] for a [`Circuit`](crate::backend::Circuit). [`TrainingPlan`] runs that program without data to
//! determine its requirements.

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
mod inference_plan;
mod layout;
mod loss;
mod merged;
mod network;
mod optimizer;
mod packed_activation;
mod plan;
mod polynomial;
pub mod reference;
mod refreshes;
mod relu_baseline;
mod soft_argmax;
mod spec;
mod trainer;
mod two_layers;
mod weights;

pub use activation::Activation;
pub use any_layout::{Layout, LayoutKind, LayoutProgram};
pub use argmax::Argmax;
pub use axes::{Axes, AxesProgram, GradientMode, ShapeCost, axis_shapes};
pub use baselines::{E2dm, HaleviShoup, Hetal, Naive, row_column};
pub use calibration::{
    Calibration, CalibrationPlan, CalibrationProgram, CalibrationSpec, CalibrationState, EncryptedLogits, Fit,
    RANGE_MARGIN, calibrate_in_clear,
};
pub use choice::{Candidate, Choice};
pub use comparison::Comparison;
pub use diagonal::{Diagonal, DiagonalProgram, Transposition};
pub use diagonal_packed::DiagonalPacked;
pub use head::{
    Dense, EncryptedTraining, EncryptedTrainingPlan, EncryptedTrainingSpec, Head, HeadActivation, HeadOutputs,
    HeadPlan, HeadProgram, HeadShape, HeadState, HeadTraining, HeadWeights, TrainingSamples, largest_spread,
    train_step_in_clear,
};
pub use inference_plan::InferencePlan;
pub use layout::{Batch, Placed, State, TrainingLayout, TrainingProgram};
pub use loss::{accuracy, half_squared_error, predicted_classes};
pub use merged::{Merged, MergedProgram};
pub use network::{Network, NetworkBuilder};
pub use optimizer::{Schedule, Sgd};
pub use plan::{InputLevels, TrainingPlan};
pub use polynomial::{BivariatePolynomial, BivariateProgram, Polynomial, PolynomialProgram};
pub use refreshes::{refreshes_of, with_levels};
pub use relu_baseline::ReluBaseline;
pub use soft_argmax::{
    ApproximationError, Budget, MinimaxInverse, SoftArgmax, SoftArgmaxGradient, SoftArgmaxProgram,
    SoftmaxApproximation, VARIANTS, Variant,
};
pub use spec::{Bounds, TrainingSpec};
pub use trainer::Trainer;
pub use two_layers::TwoLayers;
pub use weights::Weights;
