//! Encoding and decoding of real vectors with our own kernels.

use std::fmt;
use std::sync::Arc;

use rustdct::{DctPlanner, TransformType2And3};
use zeroize::Zeroizing;

use super::{Context, Encoder, Plaintext, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// Encodes and decodes real vectors like [`Encoder`], several times faster. The coefficients are the same except for the
/// last bits of a double before rounding, and the decoded values except for the last bits of a double.
///
/// With real slots `z_k` at the roots `zeta^e`, `e = 3^k` (`zeta = exp(i pi / N)`), and the same at their conjugates, the
/// coefficients are a cosine transform of half the length:
/// `m_j = (2/N) sum_k z_k cos(pi e_k j / N)`, `m_(N-j) = -m_j`, `m_(N/2) = 0`. They are reduced to residues and
/// transformed in one pass per prime.
///
/// In the other direction, the real parts of the slots are `z_k = m_0 + sum_j (m_j - m_(N-j)) cos(pi e_k j / N)` over
/// `j < N/2`, for any coefficients. These are put together from their residues with digits of a mixed radix, exactly up
/// to the rounding of each to a double.
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
    encoder: Encoder,
    cosines: Arc<dyn TransformType2And3<f64>>,
    /// For each slot, the place `t` of its root `zeta^(2t+1)`, or of the conjugate, in the first half of the circle.
    places: Vec<usize>,
    context: Context,
}

/// Coefficients up to this size are integers that our transforms support; larger ones are encoded by SEAL.
const LARGEST: f64 = (1u64 << 50) as f64;

impl RealEncoder {
    /// Prepares the transform.
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our kernels do not
    /// support.
    pub fn new(context: &Context) -> Result<RealEncoder, SealError> {
        context.hybrid()?;
        let slots = context.slots();
        let exponents = std::iter::successors(Some(1), |e| Some(e * 3 % (4 * slots)));
        let first_half = |exponent: usize| exponent.min(4 * slots - exponent) / 2;
        Ok(RealEncoder {
            encoder: Encoder::new(context)?,
            cosines: DctPlanner::new().plan_dct2(slots),
            places: exponents.take(slots).map(first_half).collect(),
            context: context.clone(),
        })
    }

    /// An encoder, or `None` for parameters that our kernels do not support.
    pub(super) fn if_supported(context: &Context) -> Result<Option<RealEncoder>, SealError> {
        match RealEncoder::new(context) {
            Ok(encoder) => Ok(Some(encoder)),
            Err(SealError::KernelPrime { .. } | SealError::Degree { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Encodes up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`Encoder::encode`].
    pub fn encode(&self, values: &[f64], level: Level, scale: f64) -> Result<Plaintext, SealError> {
        let Some(coefficients) = self.coefficients(values, level, scale)? else {
            return self.encoder.encode(values, level, scale);
        };
        let raw = ffi::encode_cosines(self.context.hybrid()?, &coefficients, level.0, scale)
            .map_err(|e| SealError::from_exception("encode", &e))?;
        Ok(Plaintext { raw, context: self.context.clone() })
    }

    /// The first half of the coefficients of a vector before rounding; `None` if only SEAL can encode or refuse it.
    pub(super) fn coefficients(
        &self,
        values: &[f64],
        level: Level,
        scale: f64,
    ) -> Result<Option<Vec<f64>>, SealError> {
        self.encoder.check(values, values.len(), level, scale)?;
        let slots = self.context.slots();
        let mut coefficients = vec![0.0; slots];
        for (value, &place) in values.iter().zip(&self.places) {
            coefficients[place] = *value;
        }
        self.cosines.process_dct2(&mut coefficients);
        let factor = scale / slots as f64;
        let mut largest = 1f64;
        for coefficient in &mut coefficients {
            *coefficient *= factor;
            largest = largest.max(coefficient.abs());
        }
        // SEAL's bound and its error (ckks.h: one bit for the sign, and the integer part below the modulus).
        let fits = largest.log2().ceil() + 1.0 < f64::from(self.context.modulus_bits(level));
        Ok((largest < LARGEST && fits).then_some(coefficients))
    }

    /// The real parts of all S slots, divided by the scale: the result of [`Encoder::decode`]. Its memory for
    /// coefficients is cleared afterwards, because they may have been decrypted.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode(&self, plaintext: &Plaintext) -> Result<Vec<f64>, SealError> {
        const OP: &str = "decode";
        check::same_context(OP, &self.context, &plaintext.context)?;
        let mut sums = Zeroizing::new(vec![0.0; self.context.slots()]);
        // Coefficients are divided by the power of two first, which rounds nothing and keeps large ones finite.
        let power = 2f64.powi(plaintext.scale().log2().floor() as i32);
        ffi::decode_cosines(self.context.hybrid()?, &plaintext.raw, power.recip(), &mut sums)
            .map_err(|e| SealError::from_exception(OP, &e))?;
        sums[0] *= 2.0; // of which the transform takes half
        let mut scratch = Zeroizing::new(vec![0.0; self.cosines.get_scratch_len()]);
        self.cosines.process_dct3_with_scratch(&mut sums, &mut scratch);
        let factor = power / plaintext.scale();
        Ok(self.places.iter().map(|&place| factor * sums[place]).collect())
    }
}

impl fmt::Debug for RealEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealEncoder").field(&self.context).finish()
    }
}
