//! An activation in its normal form, on packed values.

use super::activation::NormalForm;
use crate::{
    Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// The plaintexts of an activation. Value and slope are returned without their constant factors, which the caller folds
/// into the plaintext of the next product.
pub(super) struct PackedActivation {
    value_factor: f64,
    slope_factor: f64,
    shift: Slots,
    constant: Slots,
    cubic: Option<Cubic>,
}

/// The additional plaintexts of a cubic. Its factor is multiplied with `u`, which drops a level by a plaintext product
/// anyway, so a small factor (0.002 for a sigmoid) does not make the value large.
struct Cubic {
    leading: Slots,
    kappa: Slots,
    third_of_kappa: Slots,
}

/// `u = z + shift`, and its square if both value and slope need it.
pub(super) struct Shifted<C> {
    u: C,
    square: Option<C>,
}

impl PackedActivation {
    /// An activation of all slots, or only of those where `live` is 1. Elsewhere its value stays zero, as `z` is there.
    pub fn new(form: NormalForm, live: Option<&[f64]>) -> Self {
        let weigh = |value: f64| match live {
            None => Slots::Constant(value),
            Some(live) => live.iter().map(|l| l * value).collect::<Vec<_>>().into(),
        };
        let (value_factor, slope_factor) = match form.kappa {
            None => (form.leading, 2.0 * form.leading),
            Some(_) => (1.0, 3.0 * form.leading),
        };
        PackedActivation {
            value_factor,
            slope_factor,
            shift: weigh(form.shift),
            constant: weigh(form.constant * form.leading / value_factor),
            cubic: form.kappa.map(|kappa| Cubic {
                leading: form.leading.into(),
                kappa: weigh(kappa),
                third_of_kappa: weigh(kappa / 3.0),
            }),
        }
    }

    /// The missing factor of the value.
    pub fn value_factor(&self) -> f64 {
        self.value_factor
    }

    /// The missing factor of the slope.
    pub fn slope_factor(&self) -> f64 {
        self.slope_factor
    }

    /// Computes `u`, and for a cubic its square. It takes no level for a quadratic and one for a cubic.
    pub fn shifted<E: Evaluate>(&self, c: &Circuit<E>, mut z: E::Ciphertext) -> Result<Shifted<E::Ciphertext>> {
        add(c, &mut z, &self.shift)?;
        let square = self.cubic.as_ref().map(|_| c.square(&z)).transpose()?;
        Ok(Shifted { u: z, square })
    }

    /// `u^2 + constant`, or `(c u) (u^2 + kappa) + c constant`: one level below `u` for a quadratic, two for a cubic.
    pub fn value<E: Evaluate>(&self, c: &Circuit<E>, z: &Shifted<E::Ciphertext>) -> Result<E::Ciphertext> {
        let mut value = match (&self.cubic, &z.square) {
            (Some(cubic), Some(square)) => {
                let mut factor = square.clone();
                add(c, &mut factor, &cubic.kappa)?;
                let u = c.multiply_plain(&z.u, &cubic.leading, TargetScale::At(c.level(&factor)))?;
                c.multiply(&u, &factor)?
            }
            _ => c.square(&z.u)?,
        };
        add(c, &mut value, &self.constant)?;
        Ok(value)
    }

    /// `phi'` divided by its factor: `u` itself, or `u^2 + kappa/3`.
    pub fn slope<E: Evaluate>(&self, c: &Circuit<E>, z: &Shifted<E::Ciphertext>) -> Result<E::Ciphertext> {
        let mut slope = z.square.as_ref().unwrap_or(&z.u).clone();
        if let Some(cubic) = &self.cubic {
            add(c, &mut slope, &cubic.third_of_kappa)?;
        }
        Ok(slope)
    }
}

fn add<E: Evaluate>(c: &Circuit<E>, x: &mut E::Ciphertext, values: &Slots) -> Result<()> {
    if values.max_abs() == 0.0 { Ok(()) } else { c.add_plain_inplace(x, values) }
}
