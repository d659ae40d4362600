//! Numbers far from those that a preparation was fitted to.

use ndarray::{Array2, ArrayView1};

use super::{Encoding, Preparation, PreparedColumn};
use crate::data::{CLIP, Note};

/// No more than this share of the samples that a mean and a deviation come from is [`CLIP`] deviations away (Chebyshev).
const MOST_CLIPPED: f64 = 1.0 / (CLIP * CLIP);
/// The samples that are not called far out: those in the middle, up to this share of all at either end.
const ENDS: f64 = 0.1;
/// They have nothing to tell if they are closer together than this, in deviations.
const LEAST_SPREAD: f64 = 3e-3;

impl Preparation {
    /// Columns of numbers of which so many samples are clipped that they cannot be like those of the training part, such as
    /// samples in other units. `features` are not scaled.
    pub(super) fn clipped(&self, features: &Array2<f64>) -> Vec<Note> {
        let note = |(column, deviations): (&PreparedColumn, Vec<f64>)| {
            let (clipped, samples) = (deviations.iter().filter(|d| d.abs() > CLIP).count(), deviations.len());
            let column = column.name.clone();
            (clipped as f64 > MOST_CLIPPED * samples as f64).then_some(Note::Clipped { column, clipped, samples })
        };
        self.of_numbers_in(features).filter_map(note).collect()
    }

    /// Notes on columns of numbers whose deviation is that of a few samples far out, so that most others are nearly the same
    /// number after scaling. `features` are those of [`encode`](Preparation::encode).
    pub fn far_out(&self, features: &Array2<f64>) -> Vec<Note> {
        let note = |((column, deviations), numbers): ((&PreparedColumn, Vec<f64>), ArrayView1<f64>)| {
            let mut sorted: Vec<(f64, f64)> = deviations.into_iter().zip(numbers.iter().copied()).collect();
            sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
            let end = (ENDS * sorted.len() as f64).ceil() as usize;
            let middle = sorted.get(end..sorted.len().saturating_sub(end))?;
            let ((from, least), (to, most)) = (middle.first()?, middle.last()?);
            let (_, furthest) = sorted.iter().max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
            // Most samples of a rare event have the very same number.
            (least < most && to - from < LEAST_SPREAD)
                .then(|| Note::FarOut { column: column.name.clone(), furthest: format!("{furthest:e}") })
        };
        self.of_numbers_in(features).zip(self.numbers_in(features)).filter_map(note).collect()
    }

    /// The columns of numbers, each with the distances of its samples from the mean, in deviations; none where principal
    /// components take their place.
    fn of_numbers_in<'a>(&'a self, features: &'a Array2<f64>) -> impl Iterator<Item = (&'a PreparedColumn, Vec<f64>)> {
        let (mean, deviation) = (self.scaler.mean(), self.scaler.deviation());
        let columns = self.places_of_numbers().zip(self.numbers_in(features));
        columns.map(move |((place, column), numbers)| {
            (column, numbers.iter().map(|x| (x - mean[place]) / deviation[place]).collect())
        })
    }

    fn numbers_in<'a>(&'a self, features: &'a Array2<f64>) -> impl Iterator<Item = ArrayView1<'a, f64>> {
        let inside = self.places_of_numbers().filter(|&(place, _)| place < features.ncols());
        inside.map(|(place, _)| features.column(place))
    }

    /// The columns of numbers with the places of their features.
    fn places_of_numbers(&self) -> impl Iterator<Item = (usize, &PreparedColumn)> {
        let columns = if self.components.is_some() { &[][..] } else { &self.columns };
        let places = columns.iter().scan(0, |next, column| {
            let place = *next;
            *next += column.width();
            Some((place, column))
        });
        places.filter(|(_, column)| matches!(column.encoding, Encoding::Number { .. }))
    }
}
