//! Encoding of real vectors with our own kernels.

use std::fmt;
use std::sync::Arc;

use rustdct::{DctPlanner, TransformType2And3};

use super::{Context, Encoder, Plaintext};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// Encodes real vectors like [`Encoder`], several times faster. The coefficients are the same except for the last bits
/// of a double before rounding.
///
/// With real slots `z_k` at the roots `zeta^e`, `e = 3^k` (`zeta = exp(i pi / N)`), and the same at their conjugates, the
/// coefficients are a cosine transform of half the length:
/// `m_j = (2/N) sum_k z_k cos(pi e_k j / N)`, `m_(N-j) = -m_j`, `m_(N/2) = 0`. They are reduced to residues and
/// transformed in one pass per prime.
///
/// ```
/// use seal_nn::seal::{Context, Encoder, Parameters, RealEncoder};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let plaintext = RealEncoder::new(&context)?.encode(&[0.5, -1.25], context.top_level(), 2_f64.powi(30))?;
/// let values = Encoder::new(&context)?.decode(&plaintext)?;
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

    /// Encodes up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`Encoder::encode`].
    pub fn encode(&self, values: &[f64], level: Level, scale: f64) -> Result<Plaintext, SealError> {
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
        if largest >= LARGEST || !fits {
            return self.encoder.encode(values, level, scale);
        }
        let raw = ffi::encode_cosines(self.context.hybrid()?, &coefficients, level.0, scale)
            .map_err(|e| SealError::from_exception("encode", &e))?;
        Ok(Plaintext { raw, context: self.context.clone() })
    }
}

impl fmt::Debug for RealEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealEncoder").field(&self.context).finish()
    }
}
