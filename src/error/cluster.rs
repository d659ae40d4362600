//! Errors of ranks.

/// A job of several ranks that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// An error of MPI.
    #[error("MPI, {call}: {message}: start the job again, with --resume if it was a training")]
    Mpi {
        /// What was to be done.
        call: &'static str,
        /// MPI's words.
        message: String,
    },
    /// Sums that could exceed a word.
    #[error(
        "sums of residues of {prime_bits} bits over {ranks} ranks exceed 64 bits: use fewer ranks, or smaller primes"
    )]
    TooManyRanks {
        /// Ranks of the job.
        ranks: usize,
        /// Bits of the largest prime.
        prime_bits: u32,
    },
    /// A network whose times the clock does not show, or one rank.
    #[error("the network between {ranks} ranks cannot be measured: use two or more, and try again on an idle machine")]
    NoNetwork {
        /// Ranks of the job.
        ranks: usize,
    },
    /// Ranks that do not run the same program, or not the same version.
    #[error("a command that no rank of this version sends: all ranks must run the same program")]
    UnknownCommand,
}
