//! Key generation.

use cxx::UniquePtr;

use super::{Context, GaloisKeys, PublicKey, RelinKeys, SchemeType, SecretKey, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keygenerator as ffi;
use crate::seal::Seeded;

/// Draws a secret key and makes the other keys from it. Holds the secret key: no `Debug`, not `Sync`, cleared when it
/// goes.
///
/// Keys for relinearisation and Galois keys want a special prime: without one, which only BFV and BGV can do, all of
/// these functions answer [`NoKeySwitching`](SealError::NoKeySwitching).
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
pub struct KeyGenerator<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::KeyGenerator>,
    pub(in crate::seal) context: Context<S>,
}

pub const OP: &str = "key generation";

/// SEAL's name, among the rotations, for the conjugation of CKKS, which swaps the rows of BFV and BGV.
pub const CONJUGATION: i32 = 0;

impl<S: SchemeType> KeyGenerator<S> {
    /// Draws a new secret key, ternary: its coefficients are -1, 0 and 1.
    pub fn new(context: &Context<S>) -> Result<KeyGenerator<S>, SealError> {
        let raw = ffi::new_key_generator(context.raw()).map_err(failed)?;
        Ok(KeyGenerator { raw, context: context.clone() })
    }

    /// Makes more keys for a secret key that there is.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn from_secret_key(context: &Context<S>, secret_key: &SecretKey<S>) -> Result<KeyGenerator<S>, SealError> {
        check::same_context("KeyGenerator", context, &secret_key.context)?;
        let raw = ffi::key_generator_from(context.raw(), &secret_key.raw).map_err(failed)?;
        Ok(KeyGenerator { raw, context: context.clone() })
    }

    /// A copy of the secret key.
    pub fn secret_key(&self) -> Result<SecretKey<S>, SealError> {
        let raw = ffi::secret_key(&self.raw).map_err(failed)?;
        Ok(SecretKey { raw, context: self.context.clone() })
    }

    /// A public key; a new one with each call.
    pub fn create_public_key(&mut self) -> Result<PublicKey<S>, SealError> {
        let raw = ffi::public_key(&self.raw).map_err(failed)?;
        Ok(PublicKey { raw, context: self.context.clone() })
    }

    /// A public key at half the size.
    pub fn create_seeded_public_key(&mut self) -> Result<Seeded<PublicKey<S>>, SealError> {
        Ok(Seeded::new(&self.context, &ffi::seeded_public_key(&self.raw).map_err(failed)?))
    }

    /// The key for relinearisation.
    pub fn create_relin_keys(&mut self) -> Result<RelinKeys<S>, SealError> {
        check::has_key_switching(OP, &self.context)?;
        let raw = ffi::relin_keys(self.raw.pin_mut()).map_err(failed)?;
        Ok(RelinKeys { raw, context: self.context.clone() })
    }

    /// The key for relinearisation at half the size.
    pub fn create_seeded_relin_keys(&mut self) -> Result<Seeded<RelinKeys<S>>, SealError> {
        check::has_key_switching(OP, &self.context)?;
        Ok(Seeded::new(&self.context, &ffi::seeded_relin_keys(self.raw.pin_mut()).map_err(failed)?))
    }

    /// Keys for exactly these rotations, of the rows in BFV and BGV. Steps count modulo N/2, 0 needs no key, and a step
    /// named twice gets one.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching).
    pub fn create_galois_keys(&mut self, rotations: &[Rotation]) -> Result<GaloisKeys<S>, SealError> {
        self.rotations(&self.distinct(rotations))
    }

    /// Keys for exactly these rotations at half the size.
    ///
    /// # Errors
    /// As [`create_galois_keys`](KeyGenerator::create_galois_keys).
    pub fn create_seeded_galois_keys(&mut self, rotations: &[Rotation]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.seeded_rotations(&self.distinct(rotations))
    }

    pub(in crate::seal) fn rotations(&mut self, rotations: &[i32]) -> Result<GaloisKeys<S>, SealError> {
        self.check_rotations()?;
        GaloisKeys::new(&self.context, ffi::galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?)
    }

    pub(in crate::seal) fn seeded_rotations(&mut self, rotations: &[i32]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.check_rotations()?;
        Ok(Seeded::new(&self.context, &ffi::seeded_galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?))
    }

    fn check_rotations(&self) -> Result<(), SealError> {
        check::has_key_switching(OP, &self.context)?;
        check::has_batching(OP, &self.context)
    }

    /// Canonical, and without 0, which SEAL would take for the conjugation.
    fn distinct(&self, rotations: &[Rotation]) -> Vec<i32> {
        let row = self.context.row_size();
        let mut distinct: Vec<i32> = rotations.iter().map(|step| step.canonical(row).0).filter(|&k| k != 0).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }
}

pub(in crate::seal) fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(OP, &exception)
}
