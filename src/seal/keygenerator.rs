//! Key generation for CKKS.

use super::common::{CONJUGATION, key_generation_failed as failed};
use super::{Ckks, GaloisKeys, HybridKeyLevels, HybridKeys, Seeded, check, common};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{kernels, keygenerator as ffi};
use crate::parallel;

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
        let wanted = levels.elements(self.context.parameters().poly_modulus_degree());
        for &(_, level) in &wanted {
            check::level_exists(OP, &self.context, level)?;
        }
        // Each key has its own randomness, so keys can be generated in parallel. In a context with a seed, only the
        // order of the generators must not depend on threads.
        let generators = wanted.iter().map(|_| kernels::new_generator(hybrid).map_err(failed));
        let generators: Vec<_> = generators.collect::<Result<_, SealError>>()?;
        let size = |&(_, level): &(u32, Level)| kernels::switching_key_size(hybrid, level.0).map_err(failed);
        let sizes: Vec<usize> = wanted.iter().map(size).collect::<Result<_, SealError>>()?;
        let mut bytes = vec![0; sizes.iter().sum()];
        let mut rest = bytes.as_mut_slice();
        let parts: Vec<&mut [u8]> = sizes.iter().filter_map(|&size| rest.split_off_mut(..size)).collect();
        let wanted = wanted.iter().zip(&generators).zip(parts);
        parallel::map(wanted, |((&(element, level), random), part)| {
            kernels::generate_switching_key(hybrid, &secret, element, level.0, random, part).map_err(failed)
        })
        .into_iter()
        .collect::<Result<(), _>>()?;
        Ok(Seeded::of_checked(&self.context, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bytes, Context, Parameters, PublicKey, RelinKeys};
    use super::*;

    /// From the same random numbers, with one to seven special primes.
    #[test]
    fn keys_are_those_of_seal() -> Result<(), SealError> {
        const BITS: [u32; 6] = [50, 40, 36, 50, 49, 48];
        const STEPS: [i32; 3] = [1, -3, CONJUGATION];
        for special in 1..=3 {
            let builder = Parameters::builder().degree(1024).bits(&BITS[..3 + special]).special_primes(special);
            let parameters = builder.insecure().build()?;
            let generator = || KeyGenerator::new(&Context::insecure_from_seed(&parameters, 3)?);
            let (mut ours, mut seals) = (generator()?, generator()?);
            assert!(ours.secret_key()?.is_same_key(&seals.secret_key()?));
            let context = seals.context.clone();

            let raw = ffi::public_key(&seals.raw).map_err(failed)?;
            let public = PublicKey { raw, context: context.clone() };
            assert!(ours.create_public_key()?.to_bytes()? == public.to_bytes()?);
            let raw = ffi::relin_keys(seals.raw.pin_mut()).map_err(failed)?;
            assert!(ours.create_relin_keys()?.to_bytes()? == RelinKeys { raw, context: context.clone() }.to_bytes()?);
            let raw = ffi::galois_keys(seals.raw.pin_mut(), &STEPS).map_err(failed)?;
            assert!(ours.rotations(&STEPS)?.to_bytes()? == GaloisKeys::new(&context, raw)?.to_bytes()?);

            let bytes = ffi::seeded_public_key(&seals.raw).map_err(failed)?;
            assert!(ours.create_seeded_public_key()?.as_bytes() == bytes.as_slice());
            let bytes = ffi::seeded_relin_keys(seals.raw.pin_mut()).map_err(failed)?;
            assert!(ours.create_seeded_relin_keys()?.as_bytes() == bytes.as_slice());
            let bytes = ffi::seeded_galois_keys(seals.raw.pin_mut(), &STEPS).map_err(failed)?;
            assert!(ours.seeded_rotations(&STEPS)?.as_bytes() == bytes.as_slice());
        }
        Ok(())
    }
}
