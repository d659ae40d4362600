//! Key generation.

use cxx::UniquePtr;
use rayon::prelude::*;

use super::{Context, GaloisKeys, HybridKeyLevels, HybridKeys, PublicKey, RelinKeys, SecretKey, Seeded, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::{kernels, keygenerator as ffi};

/// Generates a secret key and the other keys from it. It holds the secret key: it has no `Debug`, is not `Sync`, and is
/// cleared when it is dropped.
///
/// ```
/// use seal_nn::{Rotation, seal::{Context, KeyGenerator, Parameters}};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let mut keys = KeyGenerator::new(&context)?;
/// let galois = keys.create_galois_keys(&[Rotation(1), Rotation(-1), Rotation(0)])?; // a rotation by 0 needs no key
/// assert_eq!(galois.rotations(), &[Rotation(-1), Rotation(1)]);
/// # Ok(())
/// # }
/// ```
///
/// Source: `KeyGenerator` in keygenerator.h.
pub struct KeyGenerator {
    raw: UniquePtr<ffi::KeyGenerator>,
    context: Context,
}

/// SEAL's name for the conjugation among rotation rotations.
const CONJUGATION: i32 = 0;

impl KeyGenerator {
    /// Generates a new ternary secret key, with coefficients -1, 0 and 1.
    pub fn new(context: &Context) -> Result<KeyGenerator, SealError> {
        let raw = ffi::new_key_generator(context.raw()).map_err(failed)?;
        Ok(KeyGenerator { raw, context: context.clone() })
    }

    /// Makes more keys for a secret key that there is.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn from_secret_key(context: &Context, secret_key: &SecretKey) -> Result<KeyGenerator, SealError> {
        check::same_context("KeyGenerator", context, &secret_key.context)?;
        let raw = ffi::key_generator_from(context.raw(), &secret_key.raw).map_err(failed)?;
        Ok(KeyGenerator { raw, context: context.clone() })
    }

    /// A copy of the secret key.
    pub fn secret_key(&self) -> Result<SecretKey, SealError> {
        let raw = ffi::secret_key(&self.raw).map_err(failed)?;
        Ok(SecretKey { raw, context: self.context.clone() })
    }

    /// A public key; a new one with each call.
    pub fn create_public_key(&mut self) -> Result<PublicKey, SealError> {
        let raw = ffi::public_key(&self.raw).map_err(failed)?;
        Ok(PublicKey { raw, context: self.context.clone() })
    }

    /// A public key at half the size.
    pub fn create_seeded_public_key(&mut self) -> Result<Seeded<PublicKey>, SealError> {
        Ok(Seeded::new(&self.context, &ffi::seeded_public_key(&self.raw).map_err(failed)?))
    }

    /// The key for relinearisation.
    pub fn create_relin_keys(&mut self) -> Result<RelinKeys, SealError> {
        let raw = ffi::relin_keys(self.raw.pin_mut()).map_err(failed)?;
        Ok(RelinKeys { raw, context: self.context.clone() })
    }

    /// The key for relinearisation at half the size.
    pub fn create_seeded_relin_keys(&mut self) -> Result<Seeded<RelinKeys>, SealError> {
        Ok(Seeded::new(&self.context, &ffi::seeded_relin_keys(self.raw.pin_mut()).map_err(failed)?))
    }

    /// Keys for exactly these rotations. Steps count modulo S, 0 needs no key, and a step named twice gets one.
    pub fn create_galois_keys(&mut self, rotations: &[Rotation]) -> Result<GaloisKeys, SealError> {
        self.galois(&self.distinct(rotations))
    }

    /// Keys for exactly these rotations at half the size.
    pub fn create_seeded_galois_keys(&mut self, rotations: &[Rotation]) -> Result<Seeded<GaloisKeys>, SealError> {
        self.seeded_galois(&self.distinct(rotations))
    }

    /// The key for the conjugation.
    pub fn create_conjugation_key(&mut self) -> Result<GaloisKeys, SealError> {
        self.galois(&[CONJUGATION])
    }

    /// The key for the conjugation in seeded form, with half the size.
    pub fn create_seeded_conjugation_key(&mut self) -> Result<Seeded<GaloisKeys>, SealError> {
        self.seeded_galois(&[CONJUGATION])
    }

    /// Keys for our own key switching ([`HybridEvaluator`](super::HybridEvaluator)), each cut to the highest level it is used at, at
    /// half the size. The sizes follow from the levels: see [`HybridKeyLevels::bytes`].
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our own key switching
    /// does not take, [`LevelTooHigh`](SealError::LevelTooHigh).
    pub fn create_seeded_hybrid_keys(&mut self, levels: &HybridKeyLevels) -> Result<Seeded<HybridKeys>, SealError> {
        const OP: &str = "switching keys";
        let hybrid = self.context.hybrid()?;
        let secret = ffi::secret_key(&self.raw).map_err(failed)?;
        let wanted = levels.canonical(self.context.slots());
        for &(_, level) in &wanted {
            check::level_exists(OP, &self.context, level)?;
        }
        // Each key has randomness of its own, so they may be made side by side; in a context with a seed it is the order
        // of the generators that must not depend on threads.
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

    fn galois(&mut self, rotations: &[i32]) -> Result<GaloisKeys, SealError> {
        GaloisKeys::new(&self.context, ffi::galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?)
    }

    fn seeded_galois(&mut self, rotations: &[i32]) -> Result<Seeded<GaloisKeys>, SealError> {
        Ok(Seeded::new(&self.context, &ffi::seeded_galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?))
    }

    /// Canonical steps without 0, which SEAL would interpret as the conjugation.
    fn distinct(&self, rotations: &[Rotation]) -> Vec<i32> {
        let slots = self.context.slots();
        let mut distinct: Vec<i32> = rotations.iter().map(|step| step.canonical(slots).0).filter(|&k| k != 0).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception("key generation", &exception)
}
