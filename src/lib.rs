//! Neural networks on encrypted data, on Microsoft SEAL's CKKS.
#![warn(missing_docs)]
#![deny(unsafe_code)]

mod error;
mod private;
mod units;

pub use error::{Error, Result, SealError};
pub use private::Private;
pub use units::{Level, Step};
