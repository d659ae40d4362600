//! Clear values for the slots.

use std::{ops::Deref, sync::Arc};

/// The values of a plaintext: one number for all slots, or one per slot (with zeros after the last).
///
/// Cloning shares the values, and a circuit encodes a shared vector once per level and scale, so build a mask once and
/// keep it.
#[derive(Clone, Debug, PartialEq)]
pub enum Slots {
    /// The same value in every slot. It is encoded exactly, and at almost no cost.
    Constant(f64),
    /// One value per slot.
    Vector(Arc<SlotVector>),
}

/// One value per slot, with what every product asks of them, which is worked out once. It dereferences to the values.
#[derive(Clone, Debug)]
pub struct SlotVector {
    values: Box<[f64]>,
    max_abs: f64,
}

impl From<Vec<f64>> for SlotVector {
    fn from(values: Vec<f64>) -> SlotVector {
        // The bits of numbers without a sign are ordered like the numbers, with NaN above all.
        let largest = values.iter().map(|v| v.abs().to_bits()).max();
        SlotVector { max_abs: largest.map_or(0.0, f64::from_bits), values: values.into() }
    }
}

impl Deref for SlotVector {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values
    }
}

impl PartialEq for SlotVector {
    fn eq(&self, other: &SlotVector) -> bool {
        self.values == other.values
    }
}

impl Slots {
    /// The values of all `slots` slots.
    pub fn iter(&self, slots: usize) -> impl Iterator<Item = f64> + '_ {
        (0..slots).map(|s| match self {
            Slots::Constant(value) => *value,
            Slots::Vector(values) => values.get(s).copied().unwrap_or(0.0),
        })
    }

    /// The given values, without the zeros that fill the remaining slots.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Slots::Constant(value) => std::slice::from_ref(value),
            Slots::Vector(values) => values,
        }
    }

    /// The largest absolute value; NaN if any value is NaN.
    pub fn max_abs(&self) -> f64 {
        match self {
            Slots::Constant(value) => value.abs(),
            Slots::Vector(values) => values.max_abs,
        }
    }
}

impl From<f64> for Slots {
    fn from(value: f64) -> Self {
        Slots::Constant(value)
    }
}

impl From<Vec<f64>> for Slots {
    fn from(values: Vec<f64>) -> Self {
        Slots::Vector(Arc::new(values.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_size_is_that_of_the_values() {
        let cases: [(&[f64], f64); 5] = [
            (&[], 0.0),
            (&[0.0, -0.0], 0.0),
            (&[1.5, -2.5, 0.0], 2.5),
            (&[-1e-300], 1e-300),
            (&[1.0, f64::NEG_INFINITY], f64::INFINITY),
        ];
        for (values, largest) in cases {
            assert_eq!(Slots::from(values.to_vec()).max_abs(), largest, "{values:?}");
        }
        assert_eq!(Slots::from(-3.5).max_abs(), 3.5);
        assert!(Slots::from(vec![1.0, f64::NAN, f64::INFINITY]).max_abs().is_nan());
        assert!(Slots::from(f64::NAN).max_abs().is_nan());
    }
}
