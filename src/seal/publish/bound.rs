//! How far a decrypted value may be off.

use crate::error::SealError;
use crate::seal::Parameters;

/// The least and the largest bound: far enough from where doubles end.
const RANGE: [f64; 2] = [1e-200, 1e200];

/// Standard deviations of a Gaussian error that is exceeded in a slot with a probability below `2^-100`.
const GAUSSIAN_TAIL: f64 = 12.0;

/// The same, below `2^-80`, for a product of two Gaussian numbers: an error times the secret key, as rounding leaves it.
const PRODUCT_TAIL: f64 = 32.0;

/// Trials that a bound on a circuit's noise needs.
const TRIALS: usize = 8;

/// How much larger than the largest error among the trials a bound is.
const TRIAL_MARGIN: f64 = 8.0;

/// The largest error of a decrypted value, in the units of the values: the difference between what is decrypted and what
/// the circuit gives on exact numbers. A ciphertext does not say it: it follows from who encrypted and what was computed.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NoiseBound(f64);

impl NoiseBound {
    /// A bound from an analysis of one's own.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange).
    pub fn new(largest_error: f64) -> Result<NoiseBound, SealError> {
        let [min, max] = RANGE;
        if !(min..=max).contains(&largest_error) {
            return Err(SealError::NoiseBoundRange { value: largest_error, min, max });
        }
        Ok(NoiseBound(largest_error))
    }

    /// Of a fresh encryption under the secret key of values encoded at this scale: 12 deviations of the real part of a
    /// slot, `sqrt((10.5 + 1/12) N / 2) / scale`, of which 10.5 is the variance of SEAL's errors and 1/12 that of
    /// rounding in the encoder.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange), for a scale that is none.
    pub fn of_symmetric_encryption(parameters: &Parameters, scale: f64) -> Result<NoiseBound, SealError> {
        let degree = parameters.poly_modulus_degree() as f64;
        NoiseBound::new(GAUSSIAN_TAIL * ((10.5 + 1.0 / 12.0) * degree / 2.0).sqrt() / scale)
    }

    /// Of a fresh encryption under the public key of values encoded at this scale: 32 deviations of the real part of a
    /// slot, `sqrt(N^2 / 36 + N / 24) / scale`. SEAL encrypts with the special primes and divides by them, so what stays
    /// is the rounding of that division, times the secret key.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange), for a scale that is none.
    pub fn of_public_encryption(parameters: &Parameters, scale: f64) -> Result<NoiseBound, SealError> {
        let degree = parameters.poly_modulus_degree() as f64;
        NoiseBound::new(PRODUCT_TAIL * (degree * degree / 36.0 + degree / 24.0).sqrt() / scale)
    }

    /// Of a circuit: eight times the largest error among trials of it on a backend with noise of SEAL's size, such as
    /// `ClearEvaluator` with `Noise` under another seed each time. Take data as large as they may become: the noise of
    /// products grows with them.
    ///
    /// # Shapes
    /// Every trial has as many values as the exact result; a circuit has its noise in many slots, or many trials.
    ///
    /// # Errors
    /// [`NoiseTrials`](SealError::NoiseTrials) for fewer than 8 trials that can be used.
    ///
    /// ```
    /// use seal_nn::seal::NoiseBound;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let trials: Vec<[f64; 2]> = (1..=8).map(|i| [3.0 + 1e-9 * f64::from(i), 4.0]).collect();
    /// let bound = NoiseBound::of_trials(&[3.0, 4.0], &trials)?;
    /// assert!((bound.largest_error() / 6.4e-8 - 1.0).abs() < 1e-6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_trials(exact: &[f64], trials: &[impl AsRef<[f64]>]) -> Result<NoiseBound, SealError> {
        let error = |trial: &[f64]| trial.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let usable = trials.iter().map(AsRef::as_ref).filter(|trial| trial.len() == exact.len());
        let errors: Vec<f64> = usable.map(error).filter(|e| *e > 0.0).collect();
        if errors.len() < TRIALS {
            return Err(SealError::NoiseTrials { actual: errors.len(), needed: TRIALS });
        }
        NoiseBound::new(TRIAL_MARGIN * errors.into_iter().fold(0.0, f64::max))
    }

    /// The bound, in the units of the values.
    pub fn largest_error(self) -> f64 {
        self.0
    }
}
