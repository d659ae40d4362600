//! Noise that hides the noise of a ciphertext from its key holder.

use super::{Ciphertext, Context, check};
use crate::error::SealError;
use crate::ffi::flood as ffi;

const OP: &str = "flooding";

/// Adds normal noise to whole ciphertexts before they go to whoever can decrypt them: the noise of a ciphertext depends on
/// what was computed, plaintext factors among it.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let secret = KeyGenerator::new(&context)?.secret_key()?;
/// let encoder = Encoder::new(&context)?;
/// let plain = encoder.encode(&[1.5], context.top_level(), 2f64.powi(30))?;
/// let mut x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&plain)?;
/// CiphertextFlood::new(&context, 2f64.powi(16))?.add_inplace(&mut x)?;
/// let slots = Decryptor::new(&context, &secret)?.decrypt_decode(&x)?.open_as_key_owner();
/// assert!((slots[0] - 1.5).abs() < 0.05 && (slots[0] - 1.5).abs() > 1e-9);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CiphertextFlood {
    context: Context,
    deviation: f64,
}

impl CiphertextFlood {
    /// The largest deviation: up to it, doubles represent every step.
    pub const LARGEST_DEVIATION: f64 = (1u64 << 45) as f64;

    /// Noise of this standard deviation in each coefficient, from 1 to [`LARGEST_DEVIATION`](Self::LARGEST_DEVIATION). The
    /// real part of a slot gets `sqrt(N/2)` times as much, before division by the scale.
    ///
    /// # Errors
    /// [`FloodDeviation`](SealError::FloodDeviation) for another one.
    pub fn new(context: &Context, deviation: f64) -> Result<CiphertextFlood, SealError> {
        match (1.0..=Self::LARGEST_DEVIATION).contains(&deviation) {
            true => Ok(CiphertextFlood { context: context.clone(), deviation }),
            false => Err(SealError::FloodDeviation { actual: deviation, most: Self::LARGEST_DEVIATION }),
        }
    }

    /// Adds fresh noise.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext of other parameters.
    pub fn add_inplace(&self, x: &mut Ciphertext) -> Result<(), SealError> {
        check::same_context(OP, &self.context, &x.context)?;
        ffi::add_flood(self.context.raw(), self.deviation, x.raw.pin_mut())
            .map_err(|exception| SealError::from_exception(OP, &exception))
    }
}
