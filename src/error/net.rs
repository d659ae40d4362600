//! Errors on the way between two processes.

use std::{path::PathBuf, time::Duration};

/// What stands between a client and a server (feature `net`).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// A file of certificates, keys or tokens that cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificates and keys that do not belong together.
    #[error("the certificates cannot be used: {reason}")]
    Certificates {
        /// What is wrong with them.
        reason: String,
    },
    /// A token that is not one.
    #[error("a token has {least} to {most} visible characters of ASCII, not {actual} of any kind")]
    Token {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
        /// Its length in bytes.
        actual: usize,
    },
    /// Plain text that would leave this machine.
    #[error("plain text is for the addresses of this machine, such as 127.0.0.1, not for {address}: use certificates")]
    PlainText {
        /// The address.
        address: String,
    },
    /// An address that is not one.
    #[error("{address:?} is not the address of a server: {reason}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something of the system that a server or a client needs.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        reason: String,
    },
    /// TLS ended before anything was said.
    #[error("{server} and this client do not trust each other: {reason}")]
    Untrusted {
        /// The address of the server.
        server: String,
        /// What TLS says.
        reason: String,
    },
    /// A server that is not there, or a way that breaks.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// The address of the server.
        server: String,
        /// What happened.
        reason: String,
    },
    /// A server that did not answer in time.
    #[error("{server} did not answer within {} s", limit.as_secs_f64())]
    Deadline {
        /// The address of the server.
        server: String,
        /// How long an answer may take.
        limit: Duration,
    },
    /// What a server says when it refuses.
    #[error("the server refuses: {text}")]
    Refused {
        /// Why, for programs.
        refusal: Refusal,
        /// Why, in the words of the server.
        text: String,
    },
    /// More answers of a server's own models than a client gets.
    #[error("the server refuses: {text}")]
    TooOften {
        /// When to ask again.
        after: Duration,
        /// Why, in the words of the server.
        text: String,
    },
    /// A server that does not keep to src/net/seal_nn.proto.
    #[error("the server broke the protocol: {reason}")]
    Protocol {
        /// What it did.
        reason: String,
    },
}

/// Why a server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Neither a certificate nor a token that it knows.
    Identity,
    /// Parts in another order, or of another size, than the protocol says.
    Order,
    /// A description that it cannot or will not run.
    Description,
    /// Evaluation keys that are not those of the plan.
    Keys,
    /// No such session.
    Session,
    /// A request out of its turn.
    Number,
    /// A message that the program refuses.
    Message,
    /// More memory than it has for all sessions.
    TooLarge,
    /// No memory, session or turn is free at present.
    Busy,
    /// It is stopping.
    Stopping,
    /// The client was silent in the middle of something.
    Silence,
    /// Its own fault.
    Fault,
    /// A reason of a later version.
    Unknown,
}
