//! Layouts that do not meet.

/// What packed matrices must have in common and do not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackingError {
    /// Two packed factors do not hold the index that is summed on the same slots and ciphertexts.
    #[error(
        "{left} and {right} do not hold their common index on the same slots: convert one of them to the other's places"
    )]
    NotAligned {
        /// The left layout.
        left: String,
        /// The right layout.
        right: String,
    },
    /// A conversion to a layout that holds an entry that is nowhere in the source.
    #[error("entry {entry:?} of {to} is not in {from}")]
    NoSource {
        /// Row and column.
        entry: (usize, usize),
        /// The layout converted from.
        from: String,
        /// The layout converted to.
        to: String,
    },
    /// Another number of ciphertexts than the layout has.
    #[error("{what} has {actual} ciphertexts, but its layout has {expected}")]
    WrongCount {
        /// What was packed.
        what: String,
        /// Ciphertexts of the layout.
        expected: usize,
        /// Ciphertexts given.
        actual: usize,
    },
}
