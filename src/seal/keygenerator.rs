//! Key generation for CKKS.

use rayon::prelude::*;

use super::common::{CONJUGATION, key_generation_failed as failed};
use super::{Ckks, GaloisKeys, HybridKeyLevels, HybridKeys, Seeded, check, common};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{kernels, keygenerator as ffi};

/// Generates a secret key and the other keys of CKKS from it.
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

    /// Keys for our own key switching ([`HybridEvaluator`](super::HybridEvaluator)) in seeded form, each cut to the
    /// highest level at which it is used. The sizes follow from the levels, see [`HybridKeyLevels::bytes`].
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our own key
    /// switching does not support, and [`LevelTooHigh`](SealError::LevelTooHigh).
    pub fn create_seeded_hybrid_keys(&mut self, levels: &HybridKeyLevels) -> Result<Seeded<HybridKeys>, SealError> {
        const OP: &str = "switching keys";
        let hybrid = self.context.hybrid()?;
        let secret = ffi::secret_key(&self.raw).map_err(failed)?;
        let wanted = levels.canonical(self.context.slots());
        for &(_, level) in &wanted {
            check::level_exists(OP, &self.context, level)?;
        }
        // Each key has its own randomness, so keys can be generated in parallel. In a context with a seed, only the
        // order of the generators must not depend on threads.
        let generators = wanted.iter().map(|_| kernels::new_generator(hybrid).map_err(failed));
        let generators: Vec<_> = generators.collect::<Result<_, SealError>>()?;
        let size = |&(_, level): &(_, Level)| kernels::switching_key_size(hybrid, level.0).map_err(failed);
        let sizes: Vec<usize> = wanted.iter().map(size).collect::<Result<_, SealError>>()?;
        let mut bytes = vec![0; sizes.iter().sum()];
        let mut rest = bytes.as_mut_slice();
        let parts: Vec<&mut [u8]> = sizes.iter().filter_map(|&size| rest.split_off_mut(..size)).collect();
        wanted.par_iter().zip(&generators).zip(parts).try_for_each(|((&(step, level), random), part)| {
            kernels::generate_switching_key(hybrid, &secret, step.0, level.0, random, part).map_err(failed)
        })?;
        Ok(Seeded::of_checked(&self.context, bytes))
    }
}
