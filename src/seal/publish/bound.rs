//! Bounds on the error of a decrypted value.

use crate::error::SealError;
use crate::seal::Parameters;

/// The smallest and the largest bound, far from the limits of doubles.
const RANGE: [f64; 2] = [1e-200, 1e200];

/// The number of standard deviations that a Gaussian error in a slot exceeds with a probability below `2^-100`.
const GAUSSIAN_TAIL: f64 = 12.0;

/// The same, below `2^-80`, for a product of two Gaussian numbers: an error times the secret key, as left by rounding.
const PRODUCT_TAIL: f64 = 32.0;

/// The number of trials needed for a bound on the noise of a circuit.
const TRIALS: usize = 8;

/// The ratio of a bound to the largest error among the trials.
const TRIAL_MARGIN: f64 = 8.0;

/// The largest error of a decrypted value, in the units of the values: the difference between the decrypted value and
/// the result of the circuit on exact numbers. It cannot be read from a ciphertext; it follows from the encryption and
/// the circuit.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct NoiseBound(f64);

impl NoiseBound {
    /// A bound from your own analysis.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange) if the bound is not a number in the supported range.
    pub fn new(largest_error: f64) -> Result<NoiseBound, SealError> {
        let [min, max] = RANGE;
        if !(min..=max).contains(&largest_error) {
            return Err(SealError::NoiseBoundRange { value: largest_error, min, max });
        }
        Ok(NoiseBound(largest_error))
    }

    /// The bound for a fresh encryption under the secret key of values encoded at this scale: 12 deviations of the real
    /// part of a slot, `sqrt((10.5 + 1/12) N / 2) / scale`, where 10.5 is the variance of SEAL's errors and 1/12 that
    /// of rounding in the encoder.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange) for an invalid scale.
    pub fn of_symmetric_encryption(parameters: &Parameters, scale: f64) -> Result<NoiseBound, SealError> {
        let degree = parameters.poly_modulus_degree() as f64;
        NoiseBound::new(GAUSSIAN_TAIL * ((10.5 + 1.0 / 12.0) * degree / 2.0).sqrt() / scale)
    }

    /// The bound for a fresh encryption under the public key of values encoded at this scale: 32 deviations of the real
    /// part of a slot, `sqrt(N^2 / 36 + N / 24) / scale`. SEAL encrypts with the special primes and divides by them, so
    /// the rounding error of that division, times the secret key, remains.
    ///
    /// # Errors
    /// [`NoiseBoundRange`](SealError::NoiseBoundRange) for an invalid scale.
    pub fn of_public_encryption(parameters: &Parameters, scale: f64) -> Result<NoiseBound, SealError> {
        let degree = parameters.poly_modulus_degree() as f64;
        NoiseBound::new(PRODUCT_TAIL * (degree * degree / 36.0 + degree / 24.0).sqrt() / scale)
    }

    /// The bound for a circuit: eight times the largest error among trials on a backend with noise of SEAL's size, such
    /// as `ClearEvaluator` with `Noise` and a different seed for each trial. Use data as large as they can become,
    /// because the noise of products grows with them.
    ///
    /// # Shapes
    /// Every trial has as many values as the exact result. The noise should be visible in many slots or in many trials.
    ///
    /// # Errors
    /// [`NoiseTrials`](SealError::NoiseTrials) for fewer than 8 usable trials.
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
