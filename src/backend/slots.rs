//! Clear values for the slots.

use std::sync::Arc;

/// The values of a plaintext: one number for all slots, or one per slot (with zeros after the last).
///
/// Cloning shares the values, and a circuit encodes a shared vector once per level and scale, so build a mask once and
/// keep it.
#[derive(Clone, Debug, PartialEq)]
pub enum Slots {
    /// The same value in every slot. It is encoded exactly, and at almost no cost.
    Constant(f64),
    /// One value per slot.
    Vector(Arc<[f64]>),
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
        let larger = |m: f64, v: &f64| if m.is_nan() || v.is_nan() { f64::NAN } else { m.max(v.abs()) };
        self.as_slice().iter().fold(0.0, larger)
    }
}

impl From<f64> for Slots {
    fn from(value: f64) -> Self {
        Slots::Constant(value)
    }
}

impl From<Vec<f64>> for Slots {
    fn from(values: Vec<f64>) -> Self {
        Slots::Vector(values.into())
    }
}
