//! Certificates that cannot be made or read.

use std::{io, path::PathBuf};

/// What stands in the way of certificates for client and server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file that is there already: keys are never replaced.
    #[error("{} exists already, and no certificate or key is ever replaced: {remedy}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// What to do instead.
        remedy: &'static str,
    },
    /// A further certificate without the authority that signs it.
    #[error(
        "{} is missing, without which the authority of this folder signs nothing: copy it here from where the \
         certificates were made, or make all of them anew in another folder",
        path.display()
    )]
    NoAuthority {
        /// The file of the authority.
        path: PathBuf,
    },
    /// A file that does not hold what its name says.
    #[error("{} is no {expected}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The key of another authority.
    #[error("{} is the key of another authority than that of {}", key.display(), certificate.display())]
    OtherAuthority {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// A name that no certificate for a server may have.
    #[error("{actual:?} is neither a host name nor an address: give it as clients write it, without a port")]
    BadHost {
        /// The name.
        actual: String,
    },
    /// A name that no client's files may have.
    #[error(
        "{actual:?} cannot name a client: use 1 to 64 letters, digits, '-', '_' and '.', a letter or digit first, and \
         neither ca nor server"
    )]
    BadClient {
        /// The name.
        actual: String,
    },
    /// Too short or too long a validity.
    #[error("certificates for {actual} days, where 1 to {most} are possible")]
    BadValidity {
        /// The days.
        actual: u32,
        /// The most there may be.
        most: u32,
    },
    /// Random numbers or signatures that the system did not give.
    #[error("a certificate cannot be signed: {reason}")]
    Unsigned {
        /// What happened.
        reason: String,
    },
    /// A file or folder that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}
