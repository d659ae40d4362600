//! What opens a session.

use bytes::Bytes;

use super::{super::Deployment, Described};
use crate::{
    Result,
    backend::EvaluationKeys,
    bootstrap::BootstrapKeys,
    seal::{PublicKey, Seeded},
};

/// A program that a client wants to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The bytes of its deployment.
    pub description: Bytes,
    /// The largest number of parts of the data that the server is going to keep at a time.
    pub parts: usize,
}

impl Announcement {
    /// Of a deployment, for a server that is to keep up to `parts` parts of the data at a time.
    ///
    /// # Errors
    /// As [`Deployment::to_bytes`].
    pub fn of<P: Described>(deployment: &Deployment<P>, parts: usize) -> Result<Announcement> {
        Ok(Announcement { description: deployment.to_bytes()?.into(), parts })
    }
}

/// All that a client sends to open a session. Copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The programs, on the same parameters. Requests name them by their place here, counted from 0.
    pub programs: Vec<Announcement>,
    /// The bytes of the evaluation keys, which are enough for all of them.
    pub keys: Bytes,
}

impl Opening {
    /// Of programs and their keys.
    ///
    /// # Errors
    /// `Library` if memory runs out.
    pub fn new(programs: Vec<Announcement>, keys: &EvaluationKeys) -> Result<Opening> {
        Ok(Opening { programs, keys: keys.to_bytes()?.into() })
    }

    /// The same with the keys of bootstraps, with which a server refreshes by itself.
    ///
    /// # Errors
    /// `Library` if memory runs out.
    pub fn with_bootstrap_keys(
        programs: Vec<Announcement>,
        keys: &EvaluationKeys,
        bootstraps: &BootstrapKeys,
    ) -> Result<Opening> {
        let mut container = keys.to_container()?;
        container.add_bootstrap_keys(&bootstraps.to_container()?);
        Ok(Opening { programs, keys: container.to_bytes().into() })
    }

    /// The same with the client's public key, with which a server makes the answers of its own models fresh.
    ///
    /// # Errors
    /// `Library` if memory runs out.
    pub fn with_public_key(
        programs: Vec<Announcement>,
        keys: &EvaluationKeys,
        public_key: &Seeded<PublicKey>,
    ) -> Result<Opening> {
        Ok(Opening { programs, keys: keys.to_container()?.add(public_key)?.to_bytes().into() })
    }
}
