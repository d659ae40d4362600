//! Encoding and decoding of real vectors with our own kernels.

use std::fmt;

use super::{Context, Encoder, Plaintext, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// Encodes and decodes real vectors like [`Encoder`], several times faster. The coefficients are the same except for the
/// last bits of a double before rounding, and the decoded values except for the last bits of a double.
///
/// The slots are values of the polynomial at the roots `zeta^e`, `e = 3^k` (`zeta = exp(i pi / N)`), and the conjugates at
/// their conjugates: a Fourier transform of N/2 points in either direction, here with eight points at a time. Decoding
/// takes any coefficients. They are put together from their residues with digits of a mixed radix, exactly up to the
/// rounding of each to a double.
///
/// ```
/// use seal_nn::seal::{Context, Encoder, Parameters, RealEncoder};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let encoder = RealEncoder::new(&context)?;
/// let plaintext = encoder.encode(&[0.5, -1.25], context.top_level(), 2_f64.powi(30))?;
/// let values = encoder.decode(&plaintext)?;
/// assert!((values[1] + 1.25).abs() < 1e-6 && values[2].abs() < 1e-6);
/// let values = Encoder::new(&context)?.decode(&plaintext)?; // by SEAL
/// assert!((values[1] + 1.25).abs() < 1e-6 && values[2].abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
pub struct RealEncoder {
    /// For coefficients that are too large for our transforms.
    seal: Encoder,
    context: Context,
}

/// The largest coefficients that our transforms support; larger ones are encoded by SEAL.
const LARGEST: f64 = ((1u64 << 50) - 1) as f64;

const DECODE: &str = "decode";

impl RealEncoder {
    /// Computes SEAL's tables of roots.
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our kernels do not
    /// support.
    pub fn new(context: &Context) -> Result<RealEncoder, SealError> {
        context.hybrid()?;
        Ok(RealEncoder { seal: Encoder::new(context)?, context: context.clone() })
    }

    /// An encoder, or `None` for parameters that our kernels do not support.
    pub(super) fn if_supported(context: &Context) -> Result<Option<RealEncoder>, SealError> {
        context.hybrid_if_supported()?.map(|_| RealEncoder::new(context)).transpose()
    }

    /// Encodes up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`Encoder::encode`].
    pub fn encode(&self, values: &[f64], level: Level, scale: f64) -> Result<Plaintext, SealError> {
        let most = self.check(values, level, scale)?;
        let raw = ffi::encode_slots(self.context.hybrid()?, values, level.0, scale, most)
            .map_err(|e| SealError::from_exception("encode", &e))?;
        match raw.is_null() {
            true => self.seal.encode(values, level, scale),
            false => {
                let plaintext = Plaintext { raw, context: self.context.clone() };
                check::keeps_values("encode", &plaintext, values, scale)?;
                Ok(plaintext)
            }
        }
    }

    /// Checks values as [`Encoder::encode`] does. Returns the largest coefficients that our kernels may encode: larger
    /// ones are for SEAL, to encode or to refuse.
    pub(super) fn check(&self, values: &[f64], level: Level, scale: f64) -> Result<f64, SealError> {
        let sum = self.seal.check(values, values.len(), level, scale)?;
        // No coefficient is larger than the mean |value| times the scale.
        if sum > 0.0 && sum * scale < 0.5 * self.context.slots() as f64 {
            let value = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            return Err(SealError::RoundsToZero { op: "encode", value, scale });
        }
        // SEAL's bound (ckks.h): one bit for the sign, and the logarithm, rounded up, below the bits of the modulus.
        Ok(LARGEST.min(2f64.powi(self.context.modulus_bits(level) as i32 - 2)))
    }

    /// The real parts of all S slots, divided by the scale: the result of [`Encoder::decode`]. Memory for coefficients is
    /// cleared afterwards, because they may have been decrypted.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode(&self, plaintext: &Plaintext) -> Result<Vec<f64>, SealError> {
        check::same_context(DECODE, &self.context, &plaintext.context)?;
        let mut values = vec![0.0; self.context.slots()];
        ffi::decode_slots(self.context.hybrid()?, &plaintext.raw, &mut values)
            .map_err(|e| SealError::from_exception(DECODE, &e))?;
        Ok(values)
    }
}

impl fmt::Debug for RealEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealEncoder").field(&self.context).finish()
    }
}
