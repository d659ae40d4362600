//! Encoding and decoding.

use std::fmt;

use cxx::UniquePtr;

use super::{Context, IntegerScheme, Plaintext, check};
use crate::error::SealError;
use crate::ffi::{batchencoder as ffi, plaintext};

/// Converts between vectors of N integers modulo t and plaintexts. Sums and products of the plaintexts are those of the
/// vectors, slot by slot.
///
/// The slots form a matrix of two rows, the first N/2 values and the others. Rotations rotate both rows at once, and a
/// rotation of the columns swaps them. The plain modulus must be a prime that is `1 mod 2N`.
///
/// ```
/// use seal_nn::seal::integer::{BatchEncoder, Bgv, CoeffModulus, Context, Parameters, PlainModulus};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::<Bgv>::new(4096, CoeffModulus::Default, PlainModulus::Batching(20))?;
/// let encoder = BatchEncoder::new(&Context::new(&parameters)?)?;
/// let plaintext = encoder.encode_signed(&[7, -3])?;
/// assert_eq!(encoder.decode_signed(&plaintext)?[..3], [7, -3, 0]);
/// assert_eq!(encoder.decode(&plaintext)?[1], parameters.plain_modulus() - 3);
/// # Ok(())
/// # }
/// ```
///
/// Source: `BatchEncoder` in batchencoder.h.
pub struct BatchEncoder<S> {
    raw: UniquePtr<ffi::BatchEncoder>,
    context: Context<S>,
}

const ENCODE: &str = "encode";
const DECODE: &str = "decode";

impl<S: IntegerScheme> BatchEncoder<S> {
    /// Computes the tables of roots.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) if the plain modulus has no slots.
    pub fn new(context: &Context<S>) -> Result<BatchEncoder<S>, SealError> {
        check::has_batching("BatchEncoder", context)?;
        let raw = ffi::new_batch_encoder(context.raw()).map_err(|e| SealError::from_exception("BatchEncoder", &e))?;
        Ok(BatchEncoder { raw, context: context.clone() })
    }

    /// N, the number of slots.
    pub fn slots(&self) -> usize {
        self.context.parameters().poly_modulus_degree()
    }

    /// N/2, the number of slots per row.
    pub fn row_size(&self) -> usize {
        self.context.row_size()
    }

    /// Encodes up to N residues; the remaining slots are zero.
    ///
    /// # Errors
    /// [`TooManyValues`](SealError::TooManyValues), or [`ValueOutOfRange`](SealError::ValueOutOfRange) for a value that
    /// is not below t.
    pub fn encode(&self, values: &[u64]) -> Result<Plaintext<S>, SealError> {
        self.check_count(values.len())?;
        check::residues(ENCODE, &self.context, values)?;
        self.made(ffi::encode_unsigned(&self.raw, values))
    }

    /// Encodes up to N integers from `-(t-1)/2` to `(t-1)/2`; the remaining slots are zero.
    ///
    /// # Errors
    /// [`TooManyValues`](SealError::TooManyValues), [`ValueOutOfRange`](SealError::ValueOutOfRange).
    pub fn encode_signed(&self, values: &[i64]) -> Result<Plaintext<S>, SealError> {
        self.check_count(values.len())?;
        // t is odd and has at most 60 bits.
        let max = (self.context.parameters().plain_modulus() - 1) / 2;
        if let Some(index) = values.iter().position(|value| value.unsigned_abs() > max) {
            let (value, min) = (values[index].into(), -(max as i64));
            return Err(SealError::ValueOutOfRange { op: ENCODE, index, value, min, max });
        }
        self.made(ffi::encode_signed(&self.raw, values))
    }

    /// All N slots as residues from 0 to t - 1.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode(&self, plaintext: &Plaintext<S>) -> Result<Vec<u64>, SealError> {
        check::same_context(DECODE, &self.context, &plaintext.context)?;
        let mut values = vec![0; self.slots()];
        let decoded = ffi::decode_unsigned(&self.raw, &plaintext.raw, &mut values);
        decoded.map_err(|e| SealError::from_exception(DECODE, &e))?;
        Ok(values)
    }

    /// All N slots as integers from `-(t-1)/2` to `(t-1)/2`.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn decode_signed(&self, plaintext: &Plaintext<S>) -> Result<Vec<i64>, SealError> {
        check::same_context(DECODE, &self.context, &plaintext.context)?;
        let mut values = vec![0; self.slots()];
        let decoded = ffi::decode_signed(&self.raw, &plaintext.raw, &mut values);
        decoded.map_err(|e| SealError::from_exception(DECODE, &e))?;
        Ok(values)
    }

    fn check_count(&self, actual: usize) -> Result<(), SealError> {
        let slots = self.slots();
        match actual <= slots {
            true => Ok(()),
            false => Err(SealError::TooManyValues { op: ENCODE, actual, slots }),
        }
    }

    fn made(
        &self,
        encoded: Result<UniquePtr<plaintext::Plaintext>, cxx::Exception>,
    ) -> Result<Plaintext<S>, SealError> {
        let raw = encoded.map_err(|e| SealError::from_exception(ENCODE, &e))?;
        Ok(Plaintext { raw, context: self.context.clone() })
    }
}

impl<S: IntegerScheme> fmt::Debug for BatchEncoder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BatchEncoder").field(&self.context).finish()
    }
}
