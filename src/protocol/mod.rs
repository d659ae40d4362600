//! The two parties of an encrypted program, and their messages.
//!
//! | | client | server |
//! |---|---|---|
//! | holds | the secret key, the data, the weights in the clear | parameters and evaluation keys |
//! | sends | seed-compressed encryptions of data, weights and velocity | updated weights and velocity, outputs |
//! | learns | the weights at every refresh, the outputs | shapes, batch sizes, learning rates, the number of steps |
//!
//! A [`Deployment`] is a program with parameters and a plan for it, which both parties agree on. A [`Server`] runs the
//! program; it is constructed from parameters and evaluation keys alone. It is one kind of [`Peer`], the place where a
//! program runs. A [`Session`] is the client's side of an exchange with a peer, the same for every program. The
//! requests of a program and the use of its answers are in its [`Client`]. [`TrainingSession`] and similar types
//! combine these for one purpose each.
//!
//! The client decrypts at every refresh, which is after every step unless the plan says otherwise. CKKS results carry
//! noise that depends on the secret key (Li and Micciancio 2021), so decrypted values stay with the client, and only
//! fresh encryptions are sent.

mod batch_learner;
mod batches;
mod bootstrap_choice;
mod bootstrapping;
mod calibration;
#[cfg(feature = "wire")]
mod checkpoint_file;
mod classify;
mod clear_training;
mod columns;
mod course;
mod deployment;
mod head;
mod head_training;
mod infer;
mod inference;
mod inference_choice;
mod kept_groups;
mod layerwise_client;
mod layout_choice;
mod one_ring;
mod parameters;
mod peer;
mod room;
mod server;
mod session;
mod split_client;
mod split_inference;
mod split_training;
mod training;
#[cfg(feature = "wire")]
pub mod wire;

pub use batch_learner::{BatchLearner, BatchOutcome, SplitTask};
pub use bootstrapping::{BootstrapRequest, Bootstrapping};
pub use calibration::CalibrationSession;
#[cfg(feature = "wire")]
pub use checkpoint_file::CheckpointFile;
pub use classify::{Classified, Classify};
pub use clear_training::ClearTraining;
pub use columns::ColumnSession;
pub use course::{Course, CourseEvent, CourseState, CourseStateOf, Train};
pub use deployment::Deployment;
pub use head::HeadSession;
pub use head_training::HeadTrainingSession;
pub use infer::Infer;
pub use inference::InferenceSession;
pub use inference_choice::{InferenceChoice, InferenceDeployment, Packing};
pub use kept_groups::KeptGroups;
pub use layerwise_client::LayerwiseClient;
pub use layout_choice::{choose_bootstrapped_layout, choose_layout};
pub use one_ring::three_layers_in_one_ring;
pub use parameters::ParameterRequest;
pub use peer::{Peer, Traffic};
pub use room::Known;
pub use server::Server;
pub use session::{Answer, Client, Exchange, Request, Session, encrypt};
pub use split_client::SplitClient;
pub use split_inference::SplitInferenceSession;
pub use split_training::{LossAtClient, LossProgram, SplitState, SplitTrainingSession};
pub use training::{StepOutcome, TrainingClient, TrainingDeployment, TrainingSession};
