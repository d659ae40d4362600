//! What was noticed while data were read, for a program to tell its user.

/// Something in a file or a table that was decided for the user, or that may be a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Cells are separated by this character instead of a comma.
    Separator(char),
    /// Numbers have a decimal comma.
    DecimalComma,
    /// Lines end with a separator, which was ignored.
    TrailingSeparator,
    /// The first line was taken for names, although some of them are numbers.
    NumbersAsNames {
        /// All names.
        names: Vec<String>,
    },
    /// Several columns have this name, and were numbered: `x`, `x.1`.
    RepeatedName {
        /// The name.
        name: String,
    },
    /// A column that is not a feature.
    LeftOut {
        /// Its name.
        column: String,
        /// Its number from 1.
        number: usize,
        /// Why not.
        reason: Reason,
    },
    /// Samples without a class, which were left out.
    NoTarget {
        /// How many.
        samples: usize,
    },
    /// Samples without a number to predict, which were left out.
    NoNumber {
        /// How many.
        samples: usize,
    },
    /// Classes that are the same number, and were made one.
    SameClass {
        /// The class.
        class: String,
        /// The other ways in which it is written.
        spellings: Vec<String>,
    },
    /// Classes that differ in upper and lower case or blanks only, and may be one.
    SimilarClasses {
        /// Their names.
        classes: Vec<String>,
    },
    /// Gaps in a column, which were filled.
    Filled {
        /// The column.
        column: String,
        /// The number of gaps.
        gaps: usize,
        /// The median or the commonest word.
        with: String,
    },
    /// Words in a column that the training part did not have.
    UnknownWords {
        /// The column.
        column: String,
        /// The words, each once.
        words: Vec<String>,
        /// Samples with one of them.
        samples: usize,
    },
    /// Columns of numbers with a second feature, `max(number - median, 0)`.
    Hinges {
        /// How many.
        columns: usize,
    },
    /// Principal components that take the place of the features.
    Reduced {
        /// The number of features.
        features: usize,
        /// The number of components.
        components: usize,
    },
    /// Numbers so far from the others of their column that these are nearly the same after scaling.
    FarOut {
        /// The column.
        column: String,
        /// The number furthest from the others.
        furthest: String,
    },
    /// Samples further from the mean of the training part than the furthest that count as such
    /// ([`CLIP`](super::CLIP) deviations).
    Clipped {
        /// The column.
        column: String,
        /// Such samples.
        clipped: usize,
        /// All samples.
        samples: usize,
    },
    /// Columns whose names differ from those of the features in upper and lower case or blanks only.
    NamesMatchedLoosely {
        /// Each feature with the name of its column.
        pairs: Vec<(String, String)>,
    },
    /// Columns were taken in the order of the features.
    ByPosition,
    /// Columns of the file that are not used.
    Unused {
        /// Their names.
        columns: Vec<String>,
    },
}

/// Why a column is not a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The user asked for it.
    Asked,
    /// It counts the samples, or has no name and a different whole number in each.
    Index,
    /// It is named like an identifier, and has a different value in nearly every sample.
    Identifiers,
    /// Nearly every sample has another word.
    DifferentWords,
    /// Nearly every sample has another number, which is not written as a number: `$1.50`, `12 %`, `1,234`.
    WrittenNumbers,
    /// It has no values.
    Empty,
    /// It has one value only.
    Constant,
}
