//! Bytes that are no message of a program.

/// What is wrong with a message from another process, found before any of its ciphertexts is read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It does not begin as a message.
    #[error("not a message of seal-nn: it begins with {actual:02x?}, not with {expected:02x?}")]
    NotAMessage {
        /// The first bytes of every message, with the version of the format.
        expected: [u8; 5],
        /// Those found.
        actual: Vec<u8>,
    },
    /// Its part in the clear cannot be read.
    #[error("the header of a message: {reason}")]
    Header {
        /// What is wrong with it.
        reason: String,
    },
    /// It ends too early, or goes on.
    #[error("a message of {actual} bytes, where {expected} are expected")]
    Length {
        /// Bytes that the plan foresees.
        expected: usize,
        /// Bytes there are.
        actual: usize,
    },
}
