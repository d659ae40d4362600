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
    /// A session with a model of the server's own, to whose keys no public key was added.
    #[error(
        "answers of a server's own model are made fresh with the client's public key: send it with the evaluation keys"
    )]
    NoPublicKey,
    /// A session with bootstraps, without keys for them.
    #[error(
        "the server refreshes by itself and has no keys for it: send those of its bootstraps with the evaluation keys"
    )]
    NoBootstrapKeys,
    /// A model that the server does not have.
    #[error("no model {actual:?} at the server, which has {}", if known.is_empty() { "none of its own".into() } else { known.join(", ") })]
    UnknownModel {
        /// The names of its models.
        known: Vec<String>,
        /// The one asked for.
        actual: String,
    },
    /// A model of the server of another shape than the client thinks.
    #[error(
        "the model {name:?} has widths {expected:?}, not {actual:?}, or another activation: ask the server for its models anew"
    )]
    OtherModel {
        /// Its name.
        name: String,
        /// Widths of the server's model.
        expected: Vec<usize>,
        /// Widths asked for.
        actual: Vec<usize>,
    },
    /// Parameters that leave no room for the noise that hides a server's own model.
    #[error(
        "a scale of {actual:.1} bits, and answers of a server's own model need {least} at every level: ask for larger primes"
    )]
    TooLittleRoom {
        /// Bits of the smallest scale that is taken.
        least: f64,
        /// Bits of the smallest scale of the chain.
        actual: f64,
    },
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
