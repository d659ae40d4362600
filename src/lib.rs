//! Neural networks on encrypted data, on Microsoft SEAL's CKKS.
#![warn(missing_docs)]
#![deny(unsafe_code)]

pub mod backend;
pub mod data;
mod error;
mod ffi;
pub mod nn;
pub mod packing;
mod private;
pub mod program;
pub mod protocol;
pub mod report;
pub mod seal;
#[cfg(feature = "text")]
pub mod text;
mod units;

pub use error::{
    Argument, ArgumentError, CircuitError, CsvError, CsvProblem, DataError, Error, LayoutRemedy, MessageError,
    ModelError, ModelProblem, PackingError, RequestError, Result, SealError, SetupError,
};
#[cfg(feature = "text")]
pub use error::{CheckpointError, CheckpointProblem, TextError};
/// The arrays in which the library takes and gives matrices.
pub use ndarray;
pub use private::Private;
pub use units::{Level, Rotation};

/// What most programs name: `use seal_nn::prelude::*;`.
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
pub mod prelude {
    pub use crate::{
        Error, Level, Private, Result, Rotation,
        backend::{
            Chain, Circuit, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate, EvaluationKeys, KeyHolder,
            PlanEvaluator, SealEvaluator, SealKeyHolder, Slots, TargetScale,
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
#[cfg(doctest)]
#[doc = include_str!("../docs/programs.md")]
struct Programs;

/// Keeps the README's example true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
