//! Neural networks on encrypted data, on Microsoft SEAL's CKKS.
#![warn(missing_docs)]
#![deny(unsafe_code)]
// Nothing public panics on its arguments or swallows an error. Tests may.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::let_underscore_must_use,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "nn")]
pub mod backend;
#[cfg(feature = "nn")]
pub mod bootstrap;
#[cfg(feature = "mpi")]
pub mod cluster;
#[cfg(feature = "data")]
pub mod data;
mod error;
#[allow(clippy::panic, reason = "cxx generates it")]
mod ffi;
mod files;
#[cfg(feature = "model")]
pub mod model;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "nn")]
pub mod nn;
#[cfg(feature = "nn")]
pub mod packing;
mod parallel;
mod private;
#[cfg(feature = "nn")]
pub mod program;
#[cfg(feature = "nn")]
pub mod protocol;
#[cfg(feature = "report")]
pub mod report;
pub mod seal;
#[cfg(feature = "text")]
pub mod text;
mod units;

#[cfg(feature = "net")]
pub use error::CertificateError;
#[cfg(feature = "mpi")]
pub use error::ClusterError;
#[cfg(feature = "nn")]
pub use error::{
    Argument, ArgumentError, BootstrapError, Cause, CircuitError, LayoutRemedy, PackingError, RequestError, SetupError,
};
#[cfg(feature = "text")]
pub use error::{CheckpointError, CheckpointProblem, TextError};
#[cfg(any(feature = "data", feature = "report"))]
pub use error::{CsvError, CsvProblem, DataError, ModelError, ModelProblem};
pub use error::{Error, Result, SealError};
#[cfg(feature = "wire")]
pub use error::{MessageError, SessionError};
#[cfg(feature = "net")]
pub use error::{NetError, Refusal};
/// The arrays in which the library takes and returns matrices.
#[cfg(any(feature = "nn", feature = "data"))]
pub use ndarray;
pub use private::Private;
pub use units::{Level, Rotation};

/// What most programs name: `use seal_nn::prelude::*;` (feature `nn`).
///
/// ```
/// use seal_nn::prelude::*;
/// # fn main() -> Result<()> {
/// let chain = Chain::nominal(16, 1, 40)?;
/// let client = ClearKeyHolder::new(chain.clone(), None);
/// let server = Circuit::new(ClearEvaluator::new(chain, None));
/// let x = server.backend().receive(&client.encrypt(&[1.0, 2.0], Level(1))?)?;
/// assert_eq!(client.decrypt(&server.square(&x)?)?.open_as_key_owner()[1], 4.0);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "nn")]
pub mod prelude {
    pub use crate::{
        Error, Level, Private, Result, Rotation,
        backend::{
            Bound, Chain, Circuit, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate, EvaluationKeys,
            KeyHolder, PlanEvaluator, SealEvaluator, SealKeyHolder, Slots, TargetScale,
        },
        nn::{
            Activation, Network, Weights,
            layout::{Layout, LayoutKind, TrainingLayout},
            training::{Bounds, Schedule, Sgd, TrainingSpec},
        },
        program::{Plan, Program},
        seal::Parameters,
    };
}

/// Keeps the extension points of docs/programs.md true.
#[cfg(all(doctest, feature = "nn"))]
#[doc = include_str!("../docs/programs.md")]
struct Programs;

/// Keeps the README's example true.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;
