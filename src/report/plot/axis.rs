//! Axes, linear, logarithmic or of named rows, and how the drawing library sees them.

use std::ops::Range;

use plotters::coord::{
    combinators::{IntoLogRange, LogCoord},
    ranged1d::{DefaultFormatting, KeyPointHint, Ranged},
    types::RangedCoordf64,
};

/// One axis of a panel.
#[derive(Clone, Debug)]
pub struct Axis {
    pub(super) name: String,
    pub(super) range: Range<f64>,
    label: fn(f64) -> String,
    scale: Scale,
}

#[derive(Clone, Debug)]
enum Scale {
    Linear,
    Logarithmic { base: f64 },
    Rows(Vec<String>),
    Columns(Vec<String>),
}

impl Axis {
    /// From the start of the range to its end; from 0 to 1 if the range is empty or not finite.
    pub fn linear(name: impl Into<String>, range: Range<f64>) -> Axis {
        let finite = range.start.is_finite() && range.end.is_finite() && range.start < range.end;
        let range = if finite { range } else { 0.0..1.0 };
        Axis { name: name.into(), range, label: |value| value.to_string(), scale: Scale::Linear }
    }

    /// Steps of a run, from 1 to the last.
    pub fn steps(name: impl Into<String>, last: usize) -> Axis {
        let whole = |step: f64| if step.fract() == 0.0 { step.to_string() } else { String::new() };
        Axis::linear(name, 0.0..last as f64 + 0.5).labelled(whole)
    }

    /// Shares of 1, in percent.
    pub fn shares(name: impl Into<String>) -> Axis {
        Axis::linear(name, 0.0..1.04).labelled(|share| format!("{:.0}%", 100.0 * share))
    }

    /// Logarithmic, with a mark at every power of the base, which is 10 if it is not above 1; from 1 to 10 if the range
    /// is empty or not of positive finite numbers.
    pub fn logarithmic(name: impl Into<String>, base: f64, range: Range<f64>) -> Axis {
        let linear = Axis::linear(name, range);
        let range = if linear.range.start > 0.0 { linear.range } else { 1.0..10.0 };
        Axis { range, scale: Scale::Logarithmic { base: if base > 1.0 { base } else { 10.0 } }, ..linear }
    }

    /// Logarithmic over the decades that hold the positive ones among these values: 1 to 10 when there is none.
    pub fn decades(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Axis {
        let (low, high) = decades(values);
        Axis::logarithmic(name, 10.0, low..high)
    }

    /// A row for each name, the first one on top at 0, the next at -1, and so on; above it room for a legend.
    pub fn rows(names: Vec<String>, room: usize) -> Axis {
        let range = -(names.len().max(1) as f64)..room as f64;
        Axis { scale: Scale::Rows(names), ..Axis::linear("", range) }
    }

    /// Rows of a heat map, as [`Axis::rows`], each with its name beside its middle.
    pub fn cells(name: impl Into<String>, names: Vec<String>) -> Axis {
        let range = 0.5 - names.len().max(1) as f64..0.5;
        Axis { scale: Scale::Rows(names), ..Axis::linear(name, range) }
    }

    /// Columns of a heat map, from the left, at 0, 1 and so on.
    pub fn columns(name: impl Into<String>, names: Vec<String>) -> Axis {
        let range = -0.5..names.len().max(1) as f64 - 0.5;
        Axis { scale: Scale::Columns(names), ..Axis::linear(name, range) }
    }

    /// What it shows.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With numbers written like this; an empty text leaves a number out.
    pub fn labelled(self, label: fn(f64) -> String) -> Axis {
        Axis { label, ..self }
    }

    /// With so many decades of room above the values, for a legend.
    pub fn with_room(mut self, decades: f64) -> Axis {
        self.range.end = (self.range.end * 10f64.powf(decades.max(0.0))).min(f64::MAX);
        self
    }

    /// Whether a value lies between the ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.range.start..=self.range.end).contains(&value)
    }

    /// What stands at a value.
    pub(super) fn text(&self, value: f64) -> String {
        match &self.scale {
            Scale::Rows(names) => names.get(-value as usize).cloned().unwrap_or_default(),
            Scale::Columns(names) => names.get(value as usize).cloned().unwrap_or_default(),
            _ => (self.label)(value),
        }
    }

    /// Whether names stand beside it, which are wider than numbers.
    pub(super) fn has_names(&self) -> bool {
        matches!(self.scale, Scale::Rows(_) | Scale::Columns(_))
    }
}

/// How the drawing library sees it.
impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let place = |value: f64| if let Scale::Logarithmic { .. } = self.scale { value.ln() } else { value };
        RangedCoordf64::from(place(self.range.start)..place(self.range.end)).map(&place(*value), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let range = self.range.clone();
        match &self.scale {
            Scale::Linear => RangedCoordf64::from(range).key_points(hint),
            Scale::Logarithmic { base } => LogCoord::from(range.log_scale().base(*base)).key_points(hint),
            Scale::Rows(names) => (0..names.len()).map(|row| -(row as f64)).collect(),
            Scale::Columns(names) => (0..names.len()).map(|column| column as f64).collect(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// The powers of ten around positive numbers; 1 to 10 when there is none.
fn decades(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let positive = values.into_iter().filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) = positive.fold((f64::INFINITY, 0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high == 0.0 {
        return (1.0, 10.0);
    }
    let (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()));
    (low, if high > low { high } else { 10.0 * low })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_hold_what_is_positive() {
        assert_eq!(decades([0.0, 3.0, 250.0, f64::NAN]), (1.0, 1000.0));
        assert_eq!(decades([100.0]), (100.0, 1000.0));
        assert_eq!(decades([]), (1.0, 10.0));
    }

    #[test]
    fn rows_are_named_from_the_top() {
        let axis = Axis::rows(vec!["first".into(), "second".into()], 3);
        assert_eq!([0.0, -1.0, -2.0].map(|y| axis.text(y)), ["first", "second", ""]);
        assert_eq!(axis.key_points(100), [0.0, -1.0]);
        assert_eq!(axis.range, -2.0..3.0);
    }
}
