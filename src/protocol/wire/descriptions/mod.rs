//! The programs that are described. Each says only what the server needs to know.

mod heads;
mod layouts;
mod split;

pub use heads::{CalibrationDescription, HeadDescription, HeadTrainingDescription, OwnDescription};
pub use layouts::{InferenceDescription, TrainingDescription};
pub use split::{SplitDescription, SplitInferenceDescription};
