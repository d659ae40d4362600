//! What a preparation makes of columns beyond one feature each.

use std::num::NonZeroUsize;

/// What is fitted beside medians, words and the scaling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PreparationChoice {
    /// A second feature for columns of numbers.
    pub hinges: Hinges,
    /// Fewer features for wide tables.
    pub components: Components,
}

/// Whether a column of numbers has a second feature, `max(x - median, 0)`.
///
/// A network with one hidden layer of squares computes quadratic forms of its features. With hinges, these may differ
/// above and below the median, which narrow tables need. A column has none where its hinge is constant or a multiple of
/// the number itself, as for two different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hinges {
    /// There are none.
    Never,
    /// Tables with up to this many features have them.
    UpTo(usize),
}

/// Whether the features are replaced by their principal components, of which wide tables need fewer. There are no hinges
/// then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Components {
    /// They are not.
    Never,
    /// Tables with more than [`Components::WIDE`] features are reduced to [`Components::FEW`].
    #[default]
    Auto,
    /// They are replaced by this many components, or by all that differ from 0 if there are fewer.
    Count(NonZeroUsize),
}

/// For up to 20 features.
impl Default for Hinges {
    fn default() -> Hinges {
        Hinges::UpTo(20)
    }
}

impl PreparationChoice {
    /// One feature per number and one per word.
    pub fn plain() -> PreparationChoice {
        PreparationChoice { hinges: Hinges::Never, components: Components::Never }
    }
}

impl Components {
    /// A table with more features is wide.
    pub const WIDE: usize = 128;
    /// The number of components of a wide table. With a constant input, they fill 64 rows.
    pub const FEW: NonZeroUsize = NonZeroUsize::MIN.saturating_add(62);

    /// The number of components for so many features; `None` if these are kept.
    pub(super) fn count(self, features: usize) -> Option<NonZeroUsize> {
        match self {
            Components::Never => None,
            Components::Auto => (features > Components::WIDE).then_some(Components::FEW),
            Components::Count(count) => Some(count),
        }
    }
}

impl Hinges {
    /// Whether a table of so many features has them.
    pub(super) fn are_for(self, features: usize) -> bool {
        match self {
            Hinges::Never => false,
            Hinges::UpTo(most) => features <= most,
        }
    }
}
