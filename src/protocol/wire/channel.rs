//! The way from a client to a server.

use super::Host;
use crate::{Result, error::SessionError};

/// The way to a server, for one session. Several [`RemotePeer`](super::RemotePeer)s share it, one for each program.
pub trait Channel: Send {
    /// Sends a part of the data to a program, counted from 0.
    ///
    /// # Errors
    /// What the server refuses; an error if it cannot be reached.
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()>;

    /// Has a program forget all parts of the data.
    ///
    /// # Errors
    /// As [`keep`](Channel::keep).
    fn forget(&mut self, program: usize) -> Result<()>;

    /// Sends a request and waits for the answer. `begins` says that it needs nothing that the server holds from earlier
    /// requests ([`Program::begins`](crate::program::Program::begins)).
    ///
    /// # Errors
    /// As [`keep`](Channel::keep).
    fn call(&mut self, program: usize, begins: bool, message: Vec<u8>) -> Result<Vec<u8>>;
}

/// Both parties in one process.
impl Channel for Vec<Box<dyn Host>> {
    fn keep(&mut self, program: usize, message: Vec<u8>) -> Result<()> {
        host(self, program)?.keep(&message)
    }

    fn forget(&mut self, program: usize) -> Result<()> {
        host(self, program)?.forget()
    }

    fn call(&mut self, program: usize, _begins: bool, message: Vec<u8>) -> Result<Vec<u8>> {
        host(self, program)?.call(&message)
    }
}

/// The program of this number.
pub(super) fn host(hosts: &mut [Box<dyn Host>], program: usize) -> Result<&mut Box<dyn Host>> {
    let expected = hosts.len();
    hosts.get_mut(program).ok_or_else(|| SessionError::UnknownProgram { expected, actual: program }.into())
}
