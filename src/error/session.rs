//! Errors of a session between two processes.

/// What a server refuses of a session, or why a client has none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// More than a server plans for a stranger.
    #[error("{actual} {what}, and a server takes at most {most}: ask for less")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The most that is taken.
        most: usize,
        /// What was asked for.
        actual: usize,
    },
    /// A session without a program.
    #[error("a session without a program: at least 1 is needed")]
    NoProgram,
    /// A description of a program that this version does not know.
    #[error("a description of {actual:?}, but this server runs {}: both sides must run the same version", known.join(", "))]
    UnknownKind {
        /// The names of all that are known.
        known: Vec<&'static str>,
        /// The one asked for.
        actual: String,
    },
    /// A program whose weights a server in another process would have to be sent.
    #[error("a server in another process gets no weights in the clear: have the client encrypt them")]
    KnownWeights,
    /// Programs of one session on different parameters.
    #[error("program {program}, counted from 0, has other parameters than the first: a session has one set of keys")]
    OtherParameters {
        /// The program.
        program: usize,
    },
    /// Evaluation keys that are not those of the plans.
    #[error("evaluation keys of {actual} bytes, where the plans need {expected}: make them for these programs")]
    KeyBytes {
        /// Bytes of the keys that the plans need.
        expected: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A request to a program that the session does not have.
    #[error("a request to program {actual}, counted from 0, of a session of {expected}")]
    UnknownProgram {
        /// The number of programs.
        expected: usize,
        /// The one asked for.
        actual: usize,
    },
    /// More parts of the data than announced.
    #[error("a further part of the data, where {most} were announced: announce more, or have some forgotten first")]
    TooManyParts {
        /// The number announced.
        most: usize,
    },
    /// A request that is neither the next nor a repetition of the last.
    #[error("request {actual}, where {expected} is next: open a new session")]
    OutOfOrder {
        /// The number of the next request.
        expected: u64,
        /// The number sent.
        actual: u64,
    },
    /// A server that did not answer, however often it was asked.
    #[error("no answer from the server in {attempts} attempts: {reason}")]
    Unreachable {
        /// Attempts.
        attempts: usize,
        /// What became of the last one.
        reason: String,
    },
    /// What a server of another process refused, in its words.
    #[error("the server refuses: {reason}")]
    Refused {
        /// Its error.
        reason: String,
    },
}
