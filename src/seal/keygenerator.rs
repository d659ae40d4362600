//! Key generation for CKKS.

use rayon::prelude::*;

use super::common::{CONJUGATION, key_generation_failed as failed};
use super::{Ckks, GaloisKeys, HybridKeyLevels, HybridKeys, Seeded, check, common};
use crate::error::SealError;
use crate::ffi::{kernels, keygenerator as ffi};

/// Draws a secret key and makes the other keys of CKKS from it.
pub type KeyGenerator = common::KeyGenerator<Ckks>;

impl KeyGenerator {
    /// The key for the conjugation.
    pub fn create_conjugation_key(&mut self) -> Result<GaloisKeys, SealError> {
        self.rotations(&[CONJUGATION])
    }

    /// The key for the conjugation in seeded form, with half the size.
    pub fn create_seeded_conjugation_key(&mut self) -> Result<Seeded<GaloisKeys>, SealError> {
        self.seeded_rotations(&[CONJUGATION])
    }

    /// Keys for our own key switching ([`HybridEvaluator`](super::HybridEvaluator)), each cut to the highest level it
    /// is used at, at half the size. The sizes follow from the levels: see [`HybridKeyLevels::bytes`].
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our own key
    /// switching does not take, [`LevelTooHigh`](SealError::LevelTooHigh).
    pub fn create_seeded_hybrid_keys(&mut self, levels: &HybridKeyLevels) -> Result<Seeded<HybridKeys>, SealError> {
        const OP: &str = "switching keys";
        let hybrid = self.context.hybrid()?;
        let secret = ffi::secret_key(&self.raw).map_err(failed)?;
        let wanted = levels.canonical(self.context.slots());
        for &(_, level) in &wanted {
            check::level_exists(OP, &self.context, level)?;
        }
        // Each key has randomness of its own, so they may be made side by side; in a context with a seed it is the
        // order of the generators that must not depend on threads.
        let generators = wanted.iter().map(|_| kernels::new_generator(hybrid).map_err(failed));
        let generators: Vec<_> = generators.collect::<Result<_, SealError>>()?;
        let made: Vec<Vec<u8>> = wanted
            .par_iter()
            .zip(&generators)
            .map(|(&(step, level), random)| {
                let bytes =
                    kernels::generate_switching_key(hybrid, &secret, step.0, level.0, random).map_err(failed)?;
                Ok(bytes.as_slice().to_vec())
            })
            .collect::<Result<_, SealError>>()?;
        Ok(Seeded::of_checked(&self.context, made.concat()))
    }
}
