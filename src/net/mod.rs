//! Client and server in two processes.

mod certificates;

pub use certificates::{Authority, CertificateFiles, Signed};
