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
    /// A layout for more numbers than the slots can hold.
    #[error(
        "{needed} slots are needed, but there are {slots}: use smaller dimensions, a smaller batch or a larger ring"
    )]
    TooFewSlots {
        /// Slots needed, at most `usize::MAX`.
        needed: usize,
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// A description of more slots and ciphertexts than any computation can handle.
    #[error("{layout} has more than {most} places, or an index with larger factors: use fewer slots or ciphertexts")]
    TooLarge {
        /// The layout.
        layout: String,
        /// The largest number of places, slots times ciphertexts.
        most: usize,
    },
    /// An index that depends on a coordinate which the ciphertexts do not have.
    #[error("an index depends on coordinate {coordinate}, counted from 0, of ciphertexts that have {coordinates}")]
    NoCoordinate {
        /// The coordinate.
        coordinate: usize,
        /// The number of coordinates of a ciphertext.
        coordinates: usize,
    },
    /// An index with more values than its axes, coordinates and period reach.
    #[error("an index of {length} values reaches {reached} places: use longer axes or more ciphertexts")]
    IndexTooLong {
        /// Values of the index.
        length: usize,
        /// Values that it takes.
        reached: usize,
    },
    /// A matrix with an entry that its layout does not place.
    #[error("entry {entry:?} has no place in {layout}")]
    NoPlace {
        /// Row and column.
        entry: (usize, usize),
        /// The layout.
        layout: String,
    },
    /// An order of axes in which one occurs twice and another is missing.
    #[error("the order {order} of the axes must name p, q and b once each")]
    RepeatedAxis {
        /// The axes, outermost first.
        order: String,
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
