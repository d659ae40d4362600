//! Chooses an approximation for a range, a number of classes and the available levels.

use super::{SoftArgmax, SoftmaxApproximation, approximation::check_range};
use crate::{Result, SetupError, program::refreshes_of};

/// The levels available to a soft-argmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Levels left at the logits.
    pub entry: usize,
    /// Levels after a refresh by the client.
    pub refreshed: usize,
    /// Levels that must remain at the probabilities.
    pub spare: usize,
    /// How often the client may refresh in between.
    pub refreshes: usize,
}

impl Budget {
    /// The given number of levels and no refresh.
    pub fn levels(levels: usize) -> Budget {
        Budget { entry: levels, refreshed: levels, spare: 0, refreshes: 0 }
    }

    /// The number of refreshes that steps of these levels take; `None` if a step is too deep or the budget is exceeded.
    pub fn refreshes_of(&self, steps: &[usize]) -> Option<usize> {
        refreshes_of(steps, self.entry, self.refreshed, self.spare).filter(|&count| count <= self.refreshes)
    }
}

/// Degrees of sigmoids to try.
const SIGMOIDS: [usize; 6] = [3, 7, 15, 27, 31, 63];
/// Degrees of polynomials in two variables to try.
const DIRECT: [usize; 2] = [7, 15];
/// Link degrees and levels of inverses to try, by increasing cost.
const STAGES: [(usize, &[usize]); 12] = [
    (7, &[2]),
    (7, &[3]),
    (7, &[1, 4]),
    (7, &[2, 4]),
    (15, &[2, 4]),
    (15, &[4, 4]),
    (15, &[1, 3, 4]),
    (15, &[1, 3, 5]),
    (15, &[2, 3, 4]),
    (15, &[2, 2, 3, 3]),
    (15, &[2, 2, 3, 4]),
    (15, &[2, 3, 2, 5]),
];
/// Approximations with a larger error of a probability are not used.
const TOLERABLE: f64 = 0.05;
/// The largest error of a probability with which a network is trained: beyond it, errors of the wrong sign move many logits.
pub(in crate::nn) const TOLERATED: f64 = 0.02;
/// Bisections of the interval that contains the widest range: 1% of it remains.
const HALVINGS: usize = 6;
/// Ranges narrower than this fraction of the requested one are not tried.
const NARROWEST: f64 = 1.0 / 64.0;

impl SoftmaxApproximation {
    /// The most accurate approximation for logits whose spread, divided by the temperature, is at most `range`, in at
    /// most `levels` levels.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite; `RangeTooWide` if the levels do not suffice, with the
    /// temperature and the levels that would.
    pub fn choose(layer: &SoftArgmax, range: f64, levels: usize) -> Result<SoftmaxApproximation> {
        SoftmaxApproximation::choose_within(layer, range, &Budget::levels(levels))
    }

    /// Like [`choose`](SoftmaxApproximation::choose), with refreshes where levels run out: among the approximations
    /// with an error below 0.05, the most accurate of those with the fewest refreshes.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite; `RangeTooWide` if the budget does not suffice.
    pub fn choose_within(layer: &SoftArgmax, range: f64, budget: &Budget) -> Result<SoftmaxApproximation> {
        check_range(range)?;
        let fitting = |approximation: SoftmaxApproximation| {
            budget.refreshes_of(&approximation.steps()).map(|refreshes| (refreshes, approximation))
        };
        let measured = |(refreshes, approximation): (usize, SoftmaxApproximation)| {
            let error = approximation.worst_error(layer, range).ok()?.probability;
            (error < TOLERABLE).then_some((refreshes, error, approximation))
        };
        let tolerable = SoftmaxApproximation::all(layer.classes(), range).filter_map(fitting).filter_map(measured);
        let best = tolerable.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        best.map(|(_, _, approximation)| approximation).ok_or_else(|| too_wide(layer, range, budget).into())
    }

    /// The approximation in the fewest levels with probabilities that are accurate enough to train with, slot by slot for
    /// two classes, and otherwise with sums over the classes; `None` if there is none.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite, or for fewer than two classes.
    pub(in crate::nn) fn shallowest(classes: usize, range: f64) -> Result<Option<SoftmaxApproximation>> {
        check_range(range)?;
        let layer = SoftArgmax::new(classes, 1.0, 0)?;
        Ok(first_tolerated(&layer, range, SoftmaxApproximation::with_sums(classes, range)))
    }

    /// The same for one against the rest.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite.
    pub(in crate::nn) fn shallowest_one_vs_rest(range: f64) -> Result<Option<SoftmaxApproximation>> {
        check_range(range)?;
        let all = SIGMOIDS.into_iter().filter_map(|degree| SoftmaxApproximation::one_vs_rest(degree, range).ok());
        // The error does not depend on the number of classes.
        Ok(first_tolerated(&SoftArgmax::new(2, 1.0, 0)?, range, all))
    }

    /// The approximations to try. Those that do not exist for a range are left out: a link that is not positive has no
    /// inverse.
    fn all(classes: usize, range: f64) -> impl Iterator<Item = SoftmaxApproximation> {
        let direct = DIRECT.into_iter().filter(move |_| classes == 3);
        let direct = direct.filter_map(move |degree| SoftmaxApproximation::direct(degree, range).ok());
        SoftmaxApproximation::with_sums(classes, range).chain(direct)
    }

    /// Those of a single difference, for two classes, or whose classes meet in sums only.
    fn with_sums(classes: usize, range: f64) -> Box<dyn Iterator<Item = SoftmaxApproximation>> {
        if classes == 2 {
            return Box::new(
                SIGMOIDS.into_iter().filter_map(move |degree| SoftmaxApproximation::sigmoid(degree, range).ok()),
            );
        }
        let stages = move |(degree, levels)| SoftmaxApproximation::stages(classes, range, degree, levels).ok();
        Box::new(STAGES.into_iter().filter_map(stages))
    }
}

/// Of approximations, the one of the fewest levels with an error below [`TOLERATED`].
fn first_tolerated(
    layer: &SoftArgmax,
    range: f64,
    all: impl Iterator<Item = SoftmaxApproximation>,
) -> Option<SoftmaxApproximation> {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(SoftmaxApproximation::levels);
    let tolerated = |approximation: &SoftmaxApproximation| {
        approximation.worst_error(layer, range).is_ok_and(|error| error.probability < TOLERATED)
    };
    all.into_iter().find(tolerated)
}

/// The error, with the lowest temperature that these levels support and the fewest levels that this range needs.
fn too_wide(layer: &SoftArgmax, range: f64, budget: &Budget) -> SetupError {
    let tolerable = |approximation: &SoftmaxApproximation, range| {
        approximation.worst_error(layer, range).is_ok_and(|error| error.probability < TOLERABLE)
    };
    let fits = |approximation: &SoftmaxApproximation| budget.refreshes_of(&approximation.steps()).is_some();
    let works = |range| {
        SoftmaxApproximation::all(layer.classes(), range)
            .any(|approximation| fits(&approximation) && tolerable(&approximation, range))
    };
    let mut narrow = range / 2.0;
    while !works(narrow) && narrow > NARROWEST * range {
        narrow /= 2.0;
    }
    let temperature = works(narrow).then(|| {
        let mut wide = 2.0 * narrow;
        for _ in 0..HALVINGS {
            let middle = (narrow + wide) / 2.0;
            *(if works(middle) { &mut narrow } else { &mut wide }) = middle;
        }
        layer.temperature() * range / narrow
    });
    let serving =
        SoftmaxApproximation::all(layer.classes(), range).filter(|approximation| tolerable(approximation, range));
    SetupError::RangeTooWide {
        classes: layer.classes(),
        range,
        temperature: layer.temperature(),
        levels: budget.entry,
        refreshes: budget.refreshes,
        lowest_temperature: temperature,
        needed: serving.map(|approximation| approximation.levels() + budget.spare).min(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn layer(classes: usize) -> SoftArgmax {
        SoftArgmax::new(classes, 1.0, 0).unwrap()
    }

    #[test]
    fn the_choice_follows_range_and_levels() {
        let choose = |classes, range, levels| SoftmaxApproximation::choose(&layer(classes), range, levels);
        assert!(choose(2, 8.0, 4).unwrap().worst_error(&layer(2), 8.0).unwrap().probability < 1.5e-3);
        assert_eq!(choose(2, 8.0, 4).unwrap().levels(), 4);
        assert!(choose(10, 16.0, 15).unwrap().worst_error(&layer(10), 16.0).unwrap().probability < 1e-5);
        assert!(choose(10, 4.0, 6).is_ok());
        // Three classes: the direct approximation if levels are few, the inverse if it is more accurate.
        assert!(matches!(choose(3, 6.0, 3).unwrap(), SoftmaxApproximation::Direct { .. }));
        assert!(matches!(choose(3, 8.0, 4).unwrap(), SoftmaxApproximation::Direct { .. }));
        assert!(matches!(choose(3, 8.0, 9).unwrap(), SoftmaxApproximation::Stages { .. }));
        for (classes, range, levels) in [(10, 16.0, 6), (2, 32.0, 3), (3, f64::NAN, 9), (3, -1.0, 9), (3, 0.0, 9)] {
            let error = choose(classes, range, levels).unwrap_err().to_string();
            assert!(error.contains("range of the logits"), "{error}");
        }
    }

    /// The authors' rows at T = 1 need more levels than one chain has, so there is a refresh between the stages.
    #[test]
    fn a_wide_range_takes_a_refresh() {
        let budget = Budget { entry: 16, refreshed: 16, spare: 1, refreshes: 1 };
        let approximation = SoftmaxApproximation::choose_within(&layer(7), 45.0, &budget).unwrap();
        assert_eq!(budget.refreshes_of(&approximation.steps()), Some(1));
        assert!(approximation.worst_error(&layer(7), 45.0).unwrap().probability < 2e-4);
        // No refresh is used if the range does not need one.
        let approximation = SoftmaxApproximation::choose_within(&layer(7), 12.0, &budget).unwrap();
        assert_eq!(budget.refreshes_of(&approximation.steps()), Some(0));
    }

    /// The suggestion of the error works, and slightly less does not.
    #[test]
    fn the_refusal_says_what_would_serve() {
        for (classes, spread, temperature, levels) in [(2, 32.0, 0.5, 3), (3, 30.0, 1.0, 3), (10, 24.0, 1.0, 6)] {
            let layer = SoftArgmax::new(classes, temperature, 0).unwrap();
            let refused = SoftmaxApproximation::choose(&layer, spread / temperature, levels).unwrap_err();
            println!("{refused}");
            let Error::Setup(SetupError::RangeTooWide { lowest_temperature: Some(lowest), needed, .. }) = refused
            else {
                panic!("{refused}");
            };
            assert!(SoftmaxApproximation::choose(&layer, spread / lowest, levels).is_ok());
            assert!(SoftmaxApproximation::choose(&layer, 1.05 * spread / lowest, levels).is_err());
            if let Some(needed) = needed {
                assert!(SoftmaxApproximation::choose(&layer, spread / temperature, needed).is_ok());
                assert!(SoftmaxApproximation::choose(&layer, spread / temperature, needed - 1).is_err());
            }
        }
        let none = SoftmaxApproximation::choose(&layer(3), 4.0, 0).unwrap_err().to_string();
        assert!(none.contains("levels") && none.contains("no temperature"), "{none}");
    }
}
