//! What a paper says, beside what was found.

use std::fmt;

use serde::Serialize;

/// A claim of a paper beside what a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The claim, in short.
    pub claim: String,
    /// Where it stands.
    pub source: String,
    /// The run's figure.
    pub ours: String,
}

impl Claim {
    /// A claim with its source, and what was found.
    pub fn new(claim: impl Into<String>, source: impl Into<String>, ours: impl Into<String>) -> Claim {
        Claim { claim: claim.into(), source: source.into(), ours: ours.into() }
    }
}

/// In two sentences.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}). Here: {}.", self.claim, self.source, self.ours)
    }
}
