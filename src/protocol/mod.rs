//! The two parties of an encrypted training, and what they send each other.
//!
//! | | client | server |
//! |---|---|---|
//! | holds | the secret key, the data, the weights in the clear | parameters and evaluation keys |
//! | sends | seed-compressed encryptions of data, weights and velocity | updated weights and velocity, outputs |
//! | learns | the weights at every refresh, the outputs | shapes, batch sizes, learning rates, the number of steps |
//!
//! The server's types are made from parameters and evaluation keys alone. Both parties live in one process so far;
//! the messages are what will travel.
//!
//! The client decrypts at every refresh, which is after every step unless the plan says otherwise. CKKS results carry noise that depends on the secret key (Li and Micciancio
//! 2021), so what it decrypts stays its own: nothing but fresh encryptions goes back.

mod calibration;
mod choice;
mod client;
mod head;
mod head_training;
mod inference;
mod messages;
mod parameters;
mod ring;
mod server;
mod session;

pub use calibration::{CalibrationSession, choose_calibration};
pub use choice::choose_layout;
pub use client::Client;
pub use head::{Classified, HeadClient, HeadServer, choose_head};
pub use head_training::{HeadTrainingSession, choose_head_training};
pub use inference::{InferenceClient, choose_inference};
pub use messages::{InferenceReply, InferenceRequest, StepReply, StepRequest, Traffic, TrainingBatch};
pub use parameters::{ParameterRequest, choose_parameters};
pub use server::Server;
pub use session::{StepOutcome, TrainingSession};
