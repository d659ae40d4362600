//! Client and server in two processes.

mod certificates;

pub use certificates::{CertificateAuthority, CertificateFiles, Signed};
