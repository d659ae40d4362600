//! The approximations that the documentation compares and the benchmark times.

use super::{ApproximationError, SoftArgmax, SoftmaxApproximation};
use crate::Result;

/// A kind of approximation, for any range.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The number of classes for which it is shown.
    pub classes: usize,
    /// A range for which it works well.
    pub range: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Sigmoid(usize),
    Direct(usize),
    Stages(usize, &'static [usize]),
    OneVsRest(usize),
}

/// From few levels to many.
pub const VARIANTS: &[Variant] = &[
    Variant { name: "sigmoid 7", classes: 2, range: 4.0, kind: Kind::Sigmoid(7) },
    Variant { name: "sigmoid 15", classes: 2, range: 8.0, kind: Kind::Sigmoid(15) },
    Variant { name: "sigmoid 27", classes: 2, range: 12.0, kind: Kind::Sigmoid(27) },
    Variant { name: "direct 7", classes: 3, range: 6.0, kind: Kind::Direct(7) },
    Variant { name: "direct 15", classes: 3, range: 8.0, kind: Kind::Direct(15) },
    Variant { name: "exp7 (3)", classes: 3, range: 4.0, kind: Kind::Stages(7, &[3]) },
    Variant { name: "exp7 (1,4)", classes: 3, range: 8.0, kind: Kind::Stages(7, &[1, 4]) },
    Variant { name: "one against the rest 15", classes: 10, range: 8.0, kind: Kind::OneVsRest(15) },
    Variant { name: "exp7 (3)", classes: 10, range: 4.0, kind: Kind::Stages(7, &[3]) },
    Variant { name: "exp15 (4,4)", classes: 10, range: 16.0, kind: Kind::Stages(15, &[4, 4]) },
    Variant { name: "exp15 (1,3,5)", classes: 10, range: 16.0, kind: Kind::Stages(15, &[1, 3, 5]) },
    Variant { name: "exp15 (2,3,4)", classes: 10, range: 24.0, kind: Kind::Stages(15, &[2, 3, 4]) },
    Variant { name: "exp15 (2,2,3,4)", classes: 10, range: 45.0, kind: Kind::Stages(15, &[2, 2, 3, 4]) },
];

impl Variant {
    /// The approximation for a range.
    ///
    /// # Errors
    /// `OutOfBounds` for an invalid range, or a range that is too wide for this kind of approximation.
    pub fn approximation(&self, range: f64) -> Result<SoftmaxApproximation> {
        match self.kind {
            Kind::Sigmoid(degree) => SoftmaxApproximation::sigmoid(degree, range),
            Kind::Direct(degree) => SoftmaxApproximation::direct(degree, range),
            Kind::Stages(degree, levels) => SoftmaxApproximation::stages(self.classes, range, degree, levels),
            Kind::OneVsRest(degree) => SoftmaxApproximation::one_vs_rest(degree, range),
        }
    }

    /// Its largest errors over a range, positions counted from 0.
    ///
    /// # Errors
    /// `OutOfBounds` for an invalid range, or a range that is too wide for this kind of approximation.
    pub fn worst_error(&self, range: f64) -> Result<ApproximationError> {
        let layer = SoftArgmax::new(self.classes, 1.0, 0)?;
        self.approximation(range)?.worst_error(&layer, range)
    }
}
