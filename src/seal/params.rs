//! Parameters of CKKS.

use std::marker::PhantomData;

use super::bytes::{Lacking, Written};
use super::limits::{
    bit_count, check_count, check_degree, check_kernels, check_primes, check_security, check_special_count,
    product_bits,
};
use super::{Ckks, common};
use crate::Level;
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;

/// CKKS parameters that have passed every check: a ring degree N, data primes `q_0 ... q_L` and one to seven special
/// primes for key switching, all distinct and `1 mod 2N`.
///
/// SEAL's own key switching ([`GaloisKeys`](super::GaloisKeys), [`RelinKeys`](super::RelinKeys)) uses one special
/// prime. With more, ours ([`HybridEvaluator`](super::HybridEvaluator)) combines several data primes in a digit, which
/// takes fewer transforms and smaller keys; SEAL then treats the others as data primes that no ciphertext uses.
///
/// A ciphertext at level `l` lives modulo `q_0 q_1 ... q_l`, and each of the `S = N/2` slots holds a complex number.
/// The security level is 128 bits by SEAL's table (`CoeffModulus::MaxBitCount` in modulus.h), unless the parameters
/// were made by a function with `insecure` in its name. At N = 65536, which that table does not have, the limit is that of
/// the guidelines of 2024, 1747 bits; a builder chooses this ring only if it is asked for by degree.
///
/// ```
/// use seal_nn::seal::Parameters;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::new(8192, &[50, 40, 40, 60])?;
/// assert_eq!(parameters.slots(), 4096);
/// assert_eq!(parameters.top_level().0, 2); // two products deep
/// assert_eq!(parameters.security_bits(), 128);
/// # Ok(())
/// # }
/// ```
pub type Parameters = common::Parameters<Ckks>;

impl Parameters {
    /// Primes of the given sizes as chosen by SEAL (`CoeffModulus::Create` in modulus.h): `q_0` first, the special
    /// prime last. The default scale has the bits of the top data prime, or 8 bits fewer than `q_0` if that is the only
    /// one. [`builder`](Parameters::builder) has all other choices.
    ///
    /// # Errors
    /// The same as for [`build`](super::ParametersBuilder::build): an unsupported degree or size, fewer than two
    /// primes, too few primes of a size, or more bits than are secure at this degree.
    pub fn new(poly_modulus_degree: usize, bits: &[u32]) -> Result<Parameters, SealError> {
        Parameters::builder().degree(poly_modulus_degree).bits(bits).build()
    }

    pub(super) fn of_written(
        Written { degree, primes, plain_modulus }: Written,
        lacking: Option<Lacking>,
        security: SecurityLevel,
    ) -> Result<Parameters, SealError> {
        if plain_modulus != 0 {
            let (part, expected) = ("plaintext modulus", "0, none,".into());
            let reason = BytesRefusal::Field { part, expected, actual: plain_modulus };
            return Err(SealError::Bytes { kind: ObjectKind::Parameters, reason });
        }
        let builder = Parameters::builder().degree(degree).primes(&primes).security(security);
        match lacking {
            None => builder.build(),
            Some(Lacking { special_primes, scale_bits }) => {
                builder.special_primes(special_primes).scale_bits(scale_bits as u32).build()
            }
        }
    }

    /// Without a given scale, the top data prime determines it.
    pub(super) fn checked(
        degree: usize,
        primes: &[u64],
        special_count: usize,
        scale_bits: Option<u32>,
        security: SecurityLevel,
    ) -> Result<Parameters, SealError> {
        check_degree(degree)?;
        check_count(primes.len(), 2)?;
        check_special_count(special_count, primes.len())?;
        check_primes(degree, primes)?;
        check_security(degree, primes, security)?;
        // There is at least one data prime, as `check_special_count` ensures.
        let (data_primes, special_primes) = primes.split_at(primes.len() - special_count);
        if special_count > 1 {
            check_kernels(degree, primes)?;
            let largest_bits = data_primes.chunks(special_count).map(product_bits).max().unwrap_or(0);
            let special_bits = product_bits(special_primes);
            if special_bits < largest_bits {
                return Err(SealError::SpecialPrime { special_bits, largest_bits });
            }
        }
        let top = data_primes[data_primes.len() - 1];
        let scale_bits = scale_bits.unwrap_or(match data_primes.len() {
            1 => bit_count(top).saturating_sub(8),
            _ => (top as f64).log2().round() as u32,
        });
        let modulus_bits = product_bits(data_primes);
        if scale_bits >= modulus_bits {
            let (scale_bits, level) = (scale_bits.into(), Level(data_primes.len() - 1));
            return Err(SealError::ScaleTooLarge { op: "Parameters", scale_bits, modulus_bits, level });
        }
        let (data_primes, special_primes) = (data_primes.to_vec(), special_primes.to_vec());
        Ok(Parameters {
            poly_modulus_degree: degree,
            data_primes,
            special_primes,
            scale_bits,
            plain_modulus: 0,
            security,
            scheme: PhantomData,
        })
    }

    /// S = N/2, the number of slots.
    pub fn slots(&self) -> usize {
        self.poly_modulus_degree / 2
    }

    /// The special primes, which keys have and ciphertexts do not.
    pub fn special_primes(&self) -> &[u64] {
        &self.special_primes
    }

    /// The last special prime, which SEAL's own key switching uses.
    pub fn special_prime(&self) -> u64 {
        self.special_primes[self.special_primes.len() - 1]
    }

    /// Whether our own key switching supports these parameters: rings from 1024 to 65536, primes below 2^50.
    pub fn fit_kernels(&self) -> bool {
        check_kernels(self.poly_modulus_degree, &self.primes().collect::<Vec<_>>()).is_ok()
    }

    /// The default scale for encoding, a power of two near the primes.
    pub fn default_scale(&self) -> f64 {
        f64::from(self.scale_bits).exp2()
    }

    /// The canonical scale of each level, level 0 first: `D_L` is the default scale, and `D_(l-1) = D_l^2 / q_l` is the
    /// scale of the rescaled product of two values at `D_l` (docs/ckks.md, "Canonical scales"). Computed in the same
    /// way as in SEAL, so that the numbers agree exactly.
    ///
    /// ```
    /// use seal_nn::seal::Parameters;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::builder().depth(6, 42).build()?;
    /// let nominal = parameters.default_scale();
    /// assert!(parameters.canonical_scales().iter().all(|scale| (scale / nominal - 1.0).abs() < 1e-5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn canonical_scales(&self) -> Vec<f64> {
        let mut scales = vec![self.default_scale()];
        for &prime in self.data_primes[1..].iter().rev() {
            let scale = scales[scales.len() - 1];
            scales.push(scale * scale / prime as f64);
        }
        scales.reverse();
        scales
    }
}
