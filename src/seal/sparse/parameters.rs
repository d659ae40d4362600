//! The ephemeral secret: how sparse it is, and the small modulus that it is used with.

use std::fmt;

use super::super::limits::{bit_count, check_degree, check_kernels, create_primes};
use super::super::{Context, Parameters};
use crate::error::SealError;

/// The ephemeral sparse secret `s'` of bootstrapping: exactly `weight` of its N coefficients are 1 or -1, all others are
/// 0. It makes the overflow `I` of a raised ciphertext small, about `sqrt((weight + 1) / 12)` in each coefficient.
///
/// A sparse secret is secure under a small modulus only. This one is used with `q' p` of 94 bits alone: `q'` (44 bits) is
/// the modulus that is raised from, `p` (50 bits) the special prime of the key to `s'`. Their context is private, and no
/// key generator takes it, so nothing can be encrypted under `s'` in another modulus.
///
/// Security against the lattice estimator (classical, MATZOV; docs/security.md): 148 bits at N = 32768 with weight 32,
/// 124.6 at N = 16384 with weight 32, 143.6 with 40.
///
/// ```
/// use seal_nn::{SealError, seal::SparseParameters};
/// let sparse = SparseParameters::new(32768, 32)?;
/// assert_eq!((sparse.weight(), sparse.modulus_bits()), (32, 94));
/// assert!(matches!(SparseParameters::new(16384, 32), Err(SealError::SparseWeight { least: 40, .. })));
/// # Ok::<(), SealError>(())
/// ```
///
/// Source: Bossuat, Troncoso-Pastoriza and Hubaux 2022 ("Bootstrapping for approximate homomorphic encryption with
/// negligible failure-probability by using sparse-secret encapsulation").
#[derive(Clone)]
pub struct SparseParameters {
    weight: usize,
    security_bits: u32,
    /// Of q' and p.
    pub(super) context: Context,
}

/// Bits of q' and of p.
const BITS: [u32; 2] = [44, 50];

/// The least weight at which 94 bits are 128-bit secure, by ring degree.
const LEAST_WEIGHTS: [(usize, usize); 3] = [(16384, 40), (32768, 32), (65536, 32)];

impl SparseParameters {
    /// Parameters with at least 128 bits of security.
    ///
    /// # Errors
    /// [`SparseDegree`](SealError::SparseDegree) for rings below 16384, [`SparseWeight`](SealError::SparseWeight) for a weight
    /// below the least that is secure (40 at N = 16384, 32 above) or above N, [`Degree`](SealError::Degree) for a degree that
    /// is not supported.
    pub fn new(poly_modulus_degree: usize, weight: usize) -> Result<SparseParameters, SealError> {
        check_degree(poly_modulus_degree)?;
        let known = LEAST_WEIGHTS.iter().find(|(degree, _)| *degree == poly_modulus_degree);
        let &(_, least) = known.ok_or(SealError::SparseDegree { poly_modulus_degree, least: LEAST_WEIGHTS[0].0 })?;
        SparseParameters::checked(poly_modulus_degree, weight, least, 128)
    }

    /// Parameters of any ring that our own kernels take and any weight, for tests and experiments only.
    ///
    /// # Errors
    /// [`SparseWeight`](SealError::SparseWeight) for a weight of 0 or above N, [`Degree`](SealError::Degree).
    pub fn insecure(poly_modulus_degree: usize, weight: usize) -> Result<SparseParameters, SealError> {
        check_degree(poly_modulus_degree)?;
        SparseParameters::checked(poly_modulus_degree, weight, 1, 0)
    }

    fn checked(degree: usize, weight: usize, least: usize, security_bits: u32) -> Result<SparseParameters, SealError> {
        if !(least..=degree).contains(&weight) {
            return Err(SealError::SparseWeight { weight, least, poly_modulus_degree: degree });
        }
        let primes = create_primes(degree, &BITS)?;
        check_kernels(degree, &primes)?;
        // SEAL's check is for dense secrets.
        let parameters = Parameters::builder().degree(degree).primes(&primes).insecure().build()?;
        Ok(SparseParameters { weight, security_bits, context: Context::new(&parameters)? })
    }

    /// N.
    pub fn poly_modulus_degree(&self) -> usize {
        self.context.parameters().poly_modulus_degree()
    }

    /// Coefficients of the secret that are not 0.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// `q'`, the modulus from which a ciphertext is raised.
    pub fn modulus(&self) -> u64 {
        self.primes()[0]
    }

    /// The bits of `q' p`, all that `s'` is used with.
    pub fn modulus_bits(&self) -> u32 {
        self.primes().map(bit_count).iter().sum()
    }

    /// 128, or 0 for insecure parameters.
    pub fn security_bits(&self) -> u32 {
        self.security_bits
    }

    /// q' and p.
    pub(super) fn primes(&self) -> [u64; 2] {
        let parameters = self.context.parameters();
        [parameters.data_primes()[0], parameters.special_prime()]
    }
}

impl PartialEq for SparseParameters {
    fn eq(&self, other: &SparseParameters) -> bool {
        let parts = |x: &SparseParameters| (x.weight, x.security_bits, x.poly_modulus_degree(), x.primes());
        parts(self) == parts(other)
    }
}

impl fmt::Debug for SparseParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparseParameters")
            .field("poly_modulus_degree", &self.poly_modulus_degree())
            .field("weight", &self.weight)
            .field("primes", &self.primes())
            .field("security_bits", &self.security_bits)
            .finish()
    }
}
