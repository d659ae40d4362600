//! Noise flooding, which turns a decrypted value of the key owner into a value for others.

mod bound;
mod budget;
mod flooding;
#[cfg(test)]
mod tests;

pub use bound::NoiseBound;
pub use budget::ReleaseBudget;

use flooding::{Flooding, normals};
use zeroize::Zeroizing;

use crate::Private;
use crate::error::SealError;
use crate::ffi::entropy as ffi;

const PUBLISH: &str = "publish";

impl Private<Vec<f64>> {
    /// The values with Gaussian noise that hides the noise of the encryption, and with it the information about the
    /// secret key. They may be shown to parties that have the ciphertext. Counts as one release of the budget, which
    /// belongs to the key.
    ///
    /// With n values, each with an error of at most B (`noise`), and at most t releases (the limit of the budget), the
    /// noise has the standard deviation
    ///
    /// ```text
    /// sigma = B' sqrt(12 n t) 2^(bits/2),    B' = B + step <= 1.25 B,
    /// ```
    ///
    /// in the units of the values, where `step`, a power of two, is the grid of values and noise. All releases together
    /// then have a Kullback-Leibler divergence of at most `2^-bits / 24` from releases of the exact results, which need
    /// no key, and provide `bits` bits of IND-CPA-D security (Li, Micciancio, Schultz and Sorrell 2022, where B sqrt(n)
    /// bounds the noise in the Euclidean norm) in the sense of Micciancio and Walter 2018. The statistical distance is
    /// at most `2^(-bits/2 - 2)`; for a distance of `2^-s`, request `2 s` bits. This costs about
    /// `bits/2 + log2(n t)/2 + 2` bits of precision, which [`ReleaseBudget::deviation`] computes beforehand.
    ///
    /// This is true only if B is a valid bound. The values must come from the circuit for which it was determined, on
    /// ciphertexts of honest origin, and a [`map`](Private::map) changes B in the same way as the values. Randomness
    /// comes from SEAL's generator, seeded by the operating system. What the exact results reveal about the data is not
    /// hidden.
    ///
    /// # Errors
    /// [`ReleaseBudgetSpent`](SealError::ReleaseBudgetSpent), [`FloodingBits`](SealError::FloodingBits),
    /// [`NoValues`](SealError::NoValues) if there is nothing to publish, or
    /// [`NotFinite`](SealError::NotFinite) for a value that cannot be represented in steps of the grid. In these cases
    /// nothing is spent.
    ///
    /// ```
    /// use seal_nn::seal::*;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::new(8192, &[60, 60, 60])?;
    /// let context = Context::new(&parameters)?;
    /// let secret = KeyGenerator::new(&context)?.secret_key()?;
    /// let scale = 2f64.powi(50);
    /// let plain = Encoder::new(&context)?.encode(&[1.5, -2.0], parameters.top_level(), scale)?;
    /// let ciphertext = SymmetricEncryptor::new(&context, &secret)?.encrypt(&plain)?;
    ///
    /// let mut budget = ReleaseBudget::new(100);
    /// let noise = NoiseBound::of_symmetric_encryption(&parameters, scale)?;
    /// let result = Decryptor::new(&context, &secret)?.decrypt_decode(&ciphertext)?;
    /// // Only what is wanted: less noise is needed.
    /// let published = result.map(|values| values[..2].to_vec()).publish(30, noise, &mut budget)?;
    /// assert!((published[0] - 1.5).abs() < 1e-3 && (published[1] + 2.0).abs() < 1e-3);
    /// assert_eq!(budget.remaining(), 99);
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish(&self, bits: u32, noise: NoiseBound, budget: &mut ReleaseBudget) -> Result<Vec<f64>, SealError> {
        let values = self.by_ref().open_as_key_owner();
        let flooding = Flooding::new(bits, values.len(), noise, budget.limit())?;
        if let Some(index) = values.iter().position(|&value| !flooding.takes(value)) {
            return Err(SealError::NotFinite { op: PUBLISH, index, value: values[index] });
        }
        let mut words = Zeroizing::new(vec![0; values.len().next_multiple_of(2)]);
        ffi::random_words(&mut words).map_err(|e| SealError::from_exception(PUBLISH, &e))?;
        // Before any result is returned, so that every release is counted.
        budget.spend()?;
        Ok(flood(values, flooding, &words))
    }
}

/// Two words give the noise of two values.
fn flood(values: &[f64], flooding: Flooding, words: &[u64]) -> Vec<f64> {
    let noise = words.chunks_exact(2).flat_map(|pair| normals([pair[0], pair[1]]));
    values.iter().zip(noise).map(|(&value, normal)| flooding.add(value, normal)).collect()
}
