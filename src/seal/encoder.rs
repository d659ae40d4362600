//! Encoding and decoding.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Plaintext, check};
use crate::Level;
use crate::error::{ExceptionClass, SealError};
use crate::ffi::encoder as ffi;

/// Converts between vectors of numbers and plaintexts.
///
/// Values `z` become the polynomial `m` with coefficients `round(scale * iota(z))`, where `iota` is the inverse of the
/// canonical embedding (values at the roots of `X^N + 1`). Rounding adds an error of `sqrt(N/12) / scale` (standard
/// deviation of the complex slot). For a constant, only the constant itself is rounded.
///
/// ```
/// use seal_nn::{Level, seal::{Context, Encoder, Parameters}};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let encoder = Encoder::new(&context)?;
/// let plaintext = encoder.encode(&[0.5, -1.25], context.top_level(), 2_f64.powi(30))?;
/// let values = encoder.decode(&plaintext)?;
/// assert!((values[1] + 1.25).abs() < 1e-6 && values[2].abs() < 1e-6); // the other slots hold zeros
/// # Ok(())
/// # }
/// ```
///
/// Source: `CKKSEncoder` in ckks.h.
pub struct Encoder {
    raw: UniquePtr<ffi::Encoder>,
    context: Context,
}

const ENCODE: &str = "encode";

impl Encoder {
    /// Computes the tables of roots.
    pub fn new(context: &Context) -> Result<Encoder, SealError> {
        let raw = ffi::new_encoder(context.raw()).map_err(|e| SealError::from_exception("Encoder", &e))?;
        Ok(Encoder { raw, context: context.clone() })
    }

    /// Encodes up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// [`TooManyValues`](SealError::TooManyValues), [`NotFinite`](SealError::NotFinite),
    /// [`LevelTooHigh`](SealError::LevelTooHigh), [`InvalidScale`](SealError::InvalidScale),
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge), [`ValuesTooLarge`](SealError::ValuesTooLarge) if a coefficient
    /// reaches a quarter of the modulus, or [`RoundsToZero`](SealError::RoundsToZero) if all coefficients round to zero
    /// although a value is not zero.
    pub fn encode(&self, values: &[f64], level: Level, scale: f64) -> Result<Plaintext, SealError> {
        self.check_vector(values, values.len(), level, scale)?;
        let encoded = ffi::encode_real(&self.raw, self.context.raw(), values, level.0, scale);
        let plaintext = self.finish(encoded, level, scale)?;
        check::keeps_values(ENCODE, &plaintext, values, scale)?;
        Ok(plaintext)
    }

    /// Encodes up to S real values at the level and scale of `like`, to be added to it or subtracted from it.
    ///
    /// ```
    /// use seal_nn::seal::{Context, Decryptor, Encoder, Evaluator, KeyGenerator, Parameters, SymmetricEncryptor};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let context = Context::new(&Parameters::new(8192, &[50, 40, 50])?)?;
    /// let (encoder, key) = (Encoder::new(&context)?, KeyGenerator::new(&context)?.secret_key()?);
    /// let plaintext = encoder.encode(&[1.0, 2.0], context.top_level(), 2_f64.powi(40))?;
    /// let mut x = SymmetricEncryptor::new(&context, &key)?.encrypt(&plaintext)?;
    /// let more = encoder.encode_like(&[0.5, 0.25], &x)?;
    /// Evaluator::new(&context)?.add_plain_inplace(&mut x, &more)?;
    /// let sum = Decryptor::new(&context, &key)?.decrypt_decode(&x)?.open_as_key_owner();
    /// assert!((sum[1] - 2.25).abs() < 1e-6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`encode`](Encoder::encode), and [`ForeignContext`](SealError::ForeignContext).
    pub fn encode_like(&self, values: &[f64], like: &Ciphertext) -> Result<Plaintext, SealError> {
        check::same_context(ENCODE, &self.context, &like.context)?;
        self.encode(values, like.level(), like.scale())
    }

    /// Encodes up to S complex values, each given as `[real, imaginary]`; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`encode`](Encoder::encode).
    pub fn encode_complex(&self, values: &[[f64; 2]], level: Level, scale: f64) -> Result<Plaintext, SealError> {
        let parts = values.as_flattened();
        self.check_vector(parts, values.len(), level, scale)?;
        let encoded = ffi::encode_complex(&self.raw, self.context.raw(), parts, level.0, scale);
        let plaintext = self.finish(encoded, level, scale)?;
        check::keeps_values(ENCODE, &plaintext, parts, scale)?;
        Ok(plaintext)
    }

    /// Encodes one value in all slots, exactly except for rounding `value * scale` to an integer.
    ///
    /// # Errors
    /// The same as for [`encode`](Encoder::encode).
    pub fn encode_constant(&self, value: f64, level: Level, scale: f64) -> Result<Plaintext, SealError> {
        self.check(&[value], 1, level, scale)?;
        if value != 0.0 && (value * scale).abs() < 0.5 {
            return Err(SealError::RoundsToZero { op: ENCODE, value, scale });
        }
        self.finish(ffi::encode_constant(&self.raw, self.context.raw(), value, level.0, scale), level, scale)
    }

    /// The real parts of all S slots, divided by the scale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode(&self, plaintext: &Plaintext) -> Result<Vec<f64>, SealError> {
        const OP: &str = "decode";
        check::same_context(OP, &self.context, &plaintext.context)?;
        let mut values = vec![0.0; self.context.slots()];
        let decoded = ffi::decode_real(&self.raw, &plaintext.raw, &mut values);
        decoded.map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(values)
    }

    /// All S slots as `[real, imaginary]`, divided by the scale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode_complex(&self, plaintext: &Plaintext) -> Result<Vec<[f64; 2]>, SealError> {
        const OP: &str = "decode_complex";
        check::same_context(OP, &self.context, &plaintext.context)?;
        let mut values = vec![[0.0; 2]; self.context.slots()];
        let decoded = ffi::decode_complex(&self.raw, &plaintext.raw, values.as_flattened_mut());
        decoded.map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(values)
    }

    /// Returns the sum of magnitudes.
    pub(super) fn check(&self, parts: &[f64], actual: usize, level: Level, scale: f64) -> Result<f64, SealError> {
        let slots = self.context.slots();
        if actual > slots {
            return Err(SealError::TooManyValues { op: ENCODE, actual, slots });
        }
        check::level_exists(ENCODE, &self.context, level)?;
        check::scale_fits(ENCODE, &self.context, level, scale)?;
        // SEAL detects coefficients that are too large, but neither NaN nor intermediate overflows: its transform adds
        // values and their conjugates, and its comparison lets infinities pass.
        let sum = check::finite(ENCODE, parts)?;
        match (2.0 * sum * scale.max(1.0)).is_finite() {
            true => Ok(sum),
            false => Err(SealError::ValuesTooLarge { op: ENCODE, scale, level }),
        }
    }

    /// SEAL's bound on the scale of a vector is one bit lower than on that of a constant or of a result
    /// (`encode_internal` in ckks.h).
    fn check_vector(&self, parts: &[f64], actual: usize, level: Level, scale: f64) -> Result<(), SealError> {
        self.check(parts, actual, level, scale)?;
        check::scale_fits(ENCODE, &self.context, level, 2.0 * scale).map_err(|refused| match refused {
            SealError::ScaleTooLarge { op, scale_bits, modulus_bits, level } => {
                SealError::ScaleTooLarge { op, scale_bits: scale_bits - 1.0, modulus_bits, level }
            }
            other => other,
        })
    }

    fn finish(
        &self,
        encoded: Result<UniquePtr<crate::ffi::plaintext::Plaintext>, cxx::Exception>,
        level: Level,
        scale: f64,
    ) -> Result<Plaintext, SealError> {
        match encoded.map_err(|e| SealError::from_exception(ENCODE, &e)) {
            Ok(raw) => Ok(Plaintext { raw, context: self.context.clone() }),
            // After the checks above, only one invalid argument remains.
            Err(SealError::Library { class: ExceptionClass::InvalidArgument, .. }) => {
                Err(SealError::ValuesTooLarge { op: ENCODE, scale, level })
            }
            Err(other) => Err(other),
        }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encoder").field(&self.context).finish()
    }
}
