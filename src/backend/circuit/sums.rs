//! Sums over neighbouring slots, and the dot products that they finish.

use super::{Circuit, TargetScale};
use crate::{
    CircuitError, Result, Rotation,
    backend::{Evaluate, Slots},
};

impl<E: Evaluate> Circuit<E> {
    /// `y[s] = sum_{j < count} x[s + j]`, cyclically: slot 0 holds the sum of the first `count` slots, and every slot
    /// the sum of all where `count` is the number of slots. `log2(count)` rotations, no level.
    ///
    /// ```
    /// use seal_nn::prelude::*;
    /// let chain = Chain::nominal(16, 1, 40)?;
    /// let client = ClearKeyHolder::new(chain.clone(), None);
    /// // Rotations by 1 and 2 are enough for a sum of 4.
    /// let server = Circuit::new(ClearEvaluator::new(chain, None).with_rotations(&[Rotation(1), Rotation(2)]));
    /// let x = server.backend().receive(&client.encrypt(&[1.0, 2.0, 3.0, 4.0, 5.0], Level(1))?)?;
    /// let sums = client.decrypt(&server.sum_slots(&x, 4)?)?.open_as_key_owner();
    /// assert_eq!(sums[..3], [10.0, 14.0, 12.0]);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `BadSumLength` unless `count` is a power of two of at most the number of slots; `MissingRotation` without the
    /// Galois keys for 1, 2, 4, up to `count / 2`.
    pub fn sum_slots(&self, x: &E::Ciphertext, count: usize) -> Result<E::Ciphertext> {
        self.add_rotations(x.clone(), &doublings(count, 1, self.slots())?)
    }

    /// The dot product of two encrypted vectors, `y[s] = sum_{j < count} a[s + j] b[s + j]`: slot 0 holds that of the
    /// first `count` slots. Vectors of another length are padded with zeros to a power of two. One level, one
    /// relinearisation, `log2(count)` rotations.
    ///
    /// ```
    /// use seal_nn::prelude::*;
    /// let chain = Chain::nominal(16, 1, 40)?;
    /// let client = ClearKeyHolder::new(chain.clone(), None);
    /// let server = Circuit::new(ClearEvaluator::new(chain, None));
    /// let send = |values: &[f64]| server.backend().receive(&client.encrypt(values, Level(1))?);
    /// let (a, b) = (send(&[1.0, 2.0, 3.0])?, send(&[4.0, 5.0, 6.0])?);
    /// assert_eq!(client.decrypt(&server.dot(&a, &b, 4)?)?.open_as_key_owner()[0], 32.0);
    /// let clear = vec![4.0, 5.0, 6.0].into();
    /// assert_eq!(client.decrypt(&server.dot_plain(&a, &clear, 4)?)?.open_as_key_owner()[0], 32.0);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Circuit::multiply`] and [`Circuit::sum_slots`].
    pub fn dot(&self, a: &E::Ciphertext, b: &E::Ciphertext, count: usize) -> Result<E::Ciphertext> {
        self.sum_slots(&self.multiply(a, b)?, count)
    }

    /// The dot product of an encrypted vector and one in the clear, as [`Circuit::dot`] without a relinearisation.
    ///
    /// # Errors
    /// As [`Circuit::multiply_plain`] and [`Circuit::sum_slots`].
    pub fn dot_plain(&self, x: &E::Ciphertext, values: &Slots, count: usize) -> Result<E::Ciphertext> {
        let at = self.below("dot product", self.level(x))?;
        self.sum_slots(&self.multiply_plain(x, values, TargetScale::At(at))?, count)
    }
}

/// The rotations to the left of a sum of `count` slots that are `stride` apart: one for each doubling.
pub(crate) fn doublings(count: usize, stride: usize, slots: usize) -> Result<Vec<Rotation>> {
    if !count.is_power_of_two() || count.saturating_mul(stride) > slots {
        return Err(CircuitError::BadSumLength { count, stride, slots }.into());
    }
    Ok((0..count.trailing_zeros()).map(|i| Rotation((stride << i) as i32)).collect())
}
