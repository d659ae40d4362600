//! What a client asks of a session.

use bytes::Bytes;

/// A request to a program of a session. Copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, counted from 0.
    pub program: usize,
    /// What to do.
    pub action: Action,
}

/// What a program of a session is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To keep a part of the data.
    Keep(Bytes),
    /// To forget all parts of the data.
    Forget,
    /// To answer.
    Call(Bytes),
}
