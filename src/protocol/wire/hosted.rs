//! The programs of a session, asked by number.

use bytes::Bytes;

use super::{Action, Command, Host, channel::host};
use crate::{Result, error::SessionError};

/// The programs of a session at the server. Requests are numbered from 1: a client whose connection broke before the answer
/// came repeats the request under its number, and gets the same answer.
pub struct Hosted {
    programs: Vec<Box<dyn Host>>,
    /// Of the last request that was answered.
    number: u64,
    answer: Bytes,
}

impl Hosted {
    /// Programs of which nothing was asked yet.
    pub fn new(programs: Vec<Box<dyn Host>>) -> Hosted {
        Hosted { programs, number: 0, answer: Bytes::new() }
    }

    /// The programs.
    pub fn programs(&self) -> &[Box<dyn Host>] {
        &self.programs
    }

    /// Answers a request: with nothing unless it is a call. One that is refused does not count, so its number is that of the
    /// next.
    ///
    /// # Errors
    /// `OutOfOrder` for a number that is neither the last nor the next; `UnknownProgram`; any error of the program.
    pub fn answer(&mut self, number: u64, command: &Command) -> Result<Bytes> {
        if number > 0 && number == self.number {
            return Ok(self.answer.clone());
        }
        let expected = self.number + 1;
        if number != expected {
            return Err(SessionError::OutOfOrder { expected, actual: number }.into());
        }
        let program = host(&mut self.programs, command.program)?;
        let answer = match &command.action {
            Action::Keep(message) => program.keep(message).map(|()| Bytes::new()),
            Action::Forget => program.forget().map(|()| Bytes::new()),
            Action::Call(message) => program.call(message).map(Bytes::from),
        };
        (self.number, self.answer) = (number, answer?);
        Ok(self.answer.clone())
    }
}
