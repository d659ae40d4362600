//! Errors between two parties.

use crate::Level;

/// A request that a server refuses, or two parties that do not agree.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A step on a batch that the server was not sent.
    #[error("a step on batch {actual}, counted from 0, but the server has {expected} batch(es): send the batch first")]
    UnknownBatch {
        /// Batches that were sent.
        expected: usize,
        /// The one asked for.
        actual: usize,
    },
    /// Bytes that are no description of what was expected.
    #[error("not a valid description of a deployment: {reason}")]
    BadDescription {
        /// What is wrong with them.
        reason: String,
    },
    /// Two parties that would not compute the same.
    #[error(
        "the description leads to another plan here ({actual}) than where it was made ({expected}): both sides must run the \
         same version of this program"
    )]
    OtherPlan {
        /// The fingerprint of the plan that was described.
        expected: String,
        /// That of the plan made from it.
        actual: String,
    },
    /// A server that would compute another program.
    #[error("the server runs {actual}, but the client expects {expected}: make both from one deployment")]
    OtherTerms {
        /// The terms of the client.
        expected: String,
        /// Those of the server.
        actual: String,
    },
    /// A request that needs data which the server was not sent.
    #[error("the server has not received {what}: send that first")]
    NothingKept {
        /// What it lacks.
        what: &'static str,
    },
    /// A request that needs data which another member of a team keeps.
    #[error(
        "the request needs a part of the data that another rank keeps: plan the training for as many ranks as compute it, or a \
         multiple"
    )]
    KeptElsewhere,
    /// Another member of a team failed, so all end the request.
    #[error("rank {member} failed: {reason}")]
    MemberFailed {
        /// The member, counted from 0.
        member: usize,
        /// Its error.
        reason: String,
    },
    /// Members of a team that computed the same, with other results.
    #[error(
        "the ranks do not have the same bits where all compute the same: do not trust this result, and check the machines"
    )]
    MembersDiffer,
    /// A request for a layer that the network does not have.
    #[error("a request for layer {actual}, counted from 0, of a network of {expected} layers")]
    UnknownLayer {
        /// The number of layers.
        expected: usize,
        /// The layer asked for.
        actual: usize,
    },
    /// A request for more samples than planned, or for none.
    #[error("a request for {actual} blocks of samples, but the plan is for 1 to {most}: split the samples")]
    WrongBlocks {
        /// The largest planned number of blocks.
        most: usize,
        /// The number asked for.
        actual: usize,
    },
    /// A request for no step.
    #[error("a request without training steps: at least 1 is needed")]
    NoStep,
    /// A step at rates that no plan keeps room for.
    #[error("a step uses {actual} of the initial learning rates, but the factor must be above 0 and at most 1")]
    RateShare {
        /// The share asked for.
        actual: f64,
    },
    /// A checkpoint of another call or program.
    #[error("a checkpoint of another request: {reason}; remove it, and the request is made from its beginning")]
    OtherCheckpoint {
        /// What does not belong to it.
        reason: String,
    },
    /// A ciphertext at another level than planned.
    #[error(
        "a message contains a ciphertext at {actual}, but the plan has {expected}: both parties must have the same plan"
    )]
    UnplannedLevel {
        /// The planned level.
        expected: Level,
        /// The ciphertext's.
        actual: Level,
    },
}
