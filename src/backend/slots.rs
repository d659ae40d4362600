//! Plain values for the slots.

use std::sync::Arc;

/// What a plaintext holds: one number for all slots, or a number for each (zeros after the last).
///
/// Cloning shares the values, and a circuit encodes a shared vector once for each level and scale: so build a mask
/// once and keep it.
#[derive(Clone, Debug, PartialEq)]
pub enum Slots {
    /// The same value in every slot. Encodes without error, and almost for free.
    Constant(f64),
    /// One value a slot.
    Vector(Arc<[f64]>),
}

impl Slots {
    /// The values one by one, `slots` of them.
    pub fn iter(&self, slots: usize) -> impl Iterator<Item = f64> + '_ {
        (0..slots).map(|s| match self {
            Slots::Constant(value) => *value,
            Slots::Vector(values) => values.get(s).copied().unwrap_or(0.0),
        })
    }

    /// The values given, without the zeros that fill up the slots.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Slots::Constant(value) => std::slice::from_ref(value),
            Slots::Vector(values) => values,
        }
    }

    /// The largest absolute value; NaN when there is one.
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
