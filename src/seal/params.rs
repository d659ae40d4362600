//! Checked encryption parameters.

use super::limits::{
    bit_count, check_count, check_degree, check_kernels, check_primes, check_security, check_special_count,
    create_primes, product_bits,
};
use super::request::DepthRequest;
use crate::Level;
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

/// CKKS parameters that have passed every check: a ring degree N, data primes `q_0 ... q_L` and one to three special
/// primes for key switching, all distinct and `1 mod 2N`.
///
/// SEAL's own key switching ([`GaloisKeys`](super::GaloisKeys), [`RelinKeys`](super::RelinKeys)) knows one special prime.
/// With more, ours ([`HybridEvaluator`](super::HybridEvaluator)) takes several data primes at a time, for fewer transforms and smaller
/// keys; SEAL then sees the others as data primes that no ciphertext uses.
///
/// A ciphertext at level `l` lives modulo `q_0 q_1 ... q_l`, and each of the `S = N/2` slots holds a complex number.
/// The security level is 128 bits by SEAL's table (`CoeffModulus::MaxBitCount` in modulus.h), unless the parameters
/// were made by a function with `insecure` in its name.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    poly_modulus_degree: usize,
    data_primes: Vec<u64>,
    special_primes: Vec<u64>,
    scale_bits: u32,
    security: SecurityLevel,
}

impl Parameters {
    /// Primes of the given sizes as SEAL chooses them (`CoeffModulus::Create` in modulus.h): `q_0` first, the special
    /// prime last. The default scale is as large as the top data prime, or 8 bits smaller than `q_0` where that is the
    /// only one.
    ///
    /// # Errors
    /// A degree or a size that SEAL does not take, fewer than two primes, too few primes of a size, more bits than are
    /// secure at this degree.
    pub fn new(poly_modulus_degree: usize, bits: &[u32]) -> Result<Parameters, SealError> {
        Parameters::with_special_primes(poly_modulus_degree, bits, 1)
    }

    /// As [`new`](Parameters::new) with so many special primes, the last of the list.
    ///
    /// # Errors
    /// As [`new`](Parameters::new); with more than one special prime also
    /// [`SpecialPrimeCount`](SealError::SpecialPrimeCount), primes of more than 50 bits or a ring that our kernels do not
    /// take ([`KernelPrime`](SealError::KernelPrime), [`Degree`](SealError::Degree)), and special primes whose product is
    /// smaller than that of as many data primes ([`SpecialPrime`](SealError::SpecialPrime)).
    ///
    /// ```
    /// use seal_nn::seal::Parameters;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::with_special_primes(16384, &[50, 41, 41, 41, 41, 41, 41, 41, 50, 50], 2)?;
    /// assert_eq!((parameters.top_level().0, parameters.total_bits()), (7, 437));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_special_primes(
        poly_modulus_degree: usize,
        bits: &[u32],
        special_count: usize,
    ) -> Result<Parameters, SealError> {
        let primes = create_primes(poly_modulus_degree, bits)?;
        Parameters::check(poly_modulus_degree, &primes, special_count, SecurityLevel::TC128)
    }

    /// The given primes: `q_0` first, the special prime last.
    ///
    /// # Errors
    /// As [`new`](Parameters::new), and a number that is not prime, not `1 mod 2N`, or there twice.
    pub fn from_primes(poly_modulus_degree: usize, primes: &[u64]) -> Result<Parameters, SealError> {
        Parameters::check(poly_modulus_degree, primes, 1, SecurityLevel::TC128)
    }

    /// The chain that a request describes.
    ///
    /// # Errors
    /// [`TooManyBits`](SealError::TooManyBits) says how many bits the request comes to and how many the ring allows;
    /// further a first prime no larger than the scale, a special prime smaller than a data prime, too few primes.
    ///
    /// ```
    /// use seal_nn::seal::{DepthRequest, Parameters};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::for_depth(&DepthRequest::new(6, 42))?;
    /// assert_eq!(parameters.poly_modulus_degree(), 16384);
    /// assert_eq!(parameters.coeff_modulus_bits().first(), Some(&50));
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_depth(request: &DepthRequest) -> Result<Parameters, SealError> {
        if let Some(degree) = request.poly_modulus_degree {
            return Parameters::at_degree(request, degree, SecurityLevel::TC128);
        }
        // Starts at 1024, SEAL's smallest secure ring. If a ring lacks bits, or primes in its range, a larger one may
        // have them.
        let mut degree = 1024;
        loop {
            let parameters = Parameters::at_degree(request, degree, SecurityLevel::TC128);
            let larger = ffi::secure_modulus_bits(2 * degree) > 0;
            match parameters {
                Err(SealError::TooManyBits { .. }) if larger => degree *= 2,
                other => return other,
            }
        }
    }

    /// Like [`new`](Parameters::new), without the security check, for tests and experiments only.
    pub fn insecure(poly_modulus_degree: usize, bits: &[u32]) -> Result<Parameters, SealError> {
        Parameters::insecure_with_special_primes(poly_modulus_degree, bits, 1)
    }

    /// As [`with_special_primes`](Parameters::with_special_primes) without any security: for tests and experiments only.
    pub fn insecure_with_special_primes(
        poly_modulus_degree: usize,
        bits: &[u32],
        special_count: usize,
    ) -> Result<Parameters, SealError> {
        let primes = create_primes(poly_modulus_degree, bits)?;
        Parameters::check(poly_modulus_degree, &primes, special_count, SecurityLevel::NONE)
    }

    /// As [`from_primes`](Parameters::from_primes) without any security: for tests and experiments only.
    pub fn insecure_from_primes(poly_modulus_degree: usize, primes: &[u64]) -> Result<Parameters, SealError> {
        Parameters::check(poly_modulus_degree, primes, 1, SecurityLevel::NONE)
    }

    /// As [`for_depth`](Parameters::for_depth) without any security, at N = 2048 unless the request names a degree: for
    /// tests and experiments only.
    pub fn insecure_for_depth(request: &DepthRequest) -> Result<Parameters, SealError> {
        Parameters::at_degree(request, request.poly_modulus_degree.unwrap_or(2048), SecurityLevel::NONE)
    }

    fn at_degree(request: &DepthRequest, degree: usize, security: SecurityLevel) -> Result<Parameters, SealError> {
        let parameters = Parameters::check(degree, &request.primes(degree)?, request.special_primes, security)?;
        Ok(Parameters { scale_bits: request.scale_bits, ..parameters })
    }

    /// From what was written of other parameters, checked as if it was new.
    pub(super) fn rebuilt(
        degree: usize,
        primes: &[u64],
        special_count: usize,
        scale_bits: u32,
        security: SecurityLevel,
    ) -> Result<Parameters, SealError> {
        Ok(Parameters { scale_bits, ..Parameters::check(degree, primes, special_count, security)? })
    }

    fn check(
        degree: usize,
        primes: &[u64],
        special_count: usize,
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
        let scale_bits = match data_primes.len() {
            1 => bit_count(top).saturating_sub(8),
            _ => (top as f64).log2().round() as u32,
        };
        let (data_primes, special_primes) = (data_primes.to_vec(), special_primes.to_vec());
        Ok(Parameters { poly_modulus_degree: degree, data_primes, special_primes, scale_bits, security })
    }

    /// N: ciphertexts are pairs of polynomials of this many coefficients.
    pub fn poly_modulus_degree(&self) -> usize {
        self.poly_modulus_degree
    }

    /// S = N/2, the number of slots.
    pub fn slots(&self) -> usize {
        self.poly_modulus_degree / 2
    }

    /// `q_0 ... q_L`; a rescale at level `l` divides by `q_l`.
    pub fn data_primes(&self) -> &[u64] {
        &self.data_primes
    }

    /// The special primes, which keys have and ciphertexts do not.
    pub fn special_primes(&self) -> &[u64] {
        &self.special_primes
    }

    /// The last special prime, which SEAL's own key switching uses.
    pub fn special_prime(&self) -> u64 {
        self.special_primes[self.special_primes.len() - 1]
    }

    /// Whether our own key switching supports these parameters: rings from 1024 to 32768, primes below 2^50.
    pub fn fit_kernels(&self) -> bool {
        check_kernels(self.poly_modulus_degree, &self.primes().collect::<Vec<_>>()).is_ok()
    }

    /// L: the level of a fresh encryption, and the number of rescales it can take.
    pub fn top_level(&self) -> Level {
        Level(self.data_primes.len() - 1)
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
    /// use seal_nn::seal::{DepthRequest, Parameters};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::for_depth(&DepthRequest::new(6, 42))?;
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

    /// Bits of each prime, the special ones last.
    pub fn coeff_modulus_bits(&self) -> Vec<u32> {
        self.primes().map(bit_count).collect()
    }

    /// The bits of the product of all primes, including the special ones, on which security depends.
    pub fn total_bits(&self) -> u32 {
        product_bits(&self.primes().collect::<Vec<_>>())
    }

    /// Bits of `q_0 ... q_l`, under which scales at level `l` must stay; `None` above the top.
    pub fn modulus_bits(&self, level: Level) -> Option<u32> {
        self.data_primes.get(..=level.0).map(product_bits)
    }

    /// 128, or 0 for insecure parameters.
    pub fn security_bits(&self) -> u32 {
        // SEAL's values are the numbers of bits.
        self.security.0.unsigned_abs()
    }

    pub(super) fn scale_bits(&self) -> u32 {
        self.scale_bits
    }

    pub(super) fn security(&self) -> SecurityLevel {
        self.security
    }

    /// All primes in SEAL's order, the special ones last.
    pub(super) fn primes(&self) -> impl Iterator<Item = u64> {
        self.data_primes.iter().chain(&self.special_primes).copied()
    }
}
