//! Errors of packed matrices.

/// Packed matrices with incompatible layouts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackingError {
    /// Two packed factors do not place the common index, which is summed, on the same slots and ciphertexts.
    #[error(
        "{left} and {right} do not place their common index on the same slots: convert one of them to match the other"
    )]
    NotAligned {
        /// The left layout.
        left: String,
        /// The right layout.
        right: String,
    },
    /// A conversion to a layout with an entry that the source does not contain.
    #[error("entry {entry:?} of {to} does not occur in {from}")]
    NoSource {
        /// Row and column.
        entry: (usize, usize),
        /// The source layout.
        from: String,
        /// The target layout.
        to: String,
    },
    /// The number of ciphertexts is not that of the layout.
    #[error("{what} has {actual} ciphertexts, but its layout has {expected}")]
    WrongCount {
        /// The packed value.
        what: String,
        /// Ciphertexts of the layout.
        expected: usize,
        /// Ciphertexts given.
        actual: usize,
    },
}
