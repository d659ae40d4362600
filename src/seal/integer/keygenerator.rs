//! Key generation.

use cxx::UniquePtr;

use super::{Context, GaloisKeys, IntegerScheme, PublicKey, RelinKeys, SecretKey, Seeded, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keygenerator as ffi;

/// Generates a secret key and the other keys from it. It holds the secret key: it has no `Debug`, is not `Sync`, and is
/// cleared when it is dropped.
///
/// Keys for relinearisation and Galois keys want a special prime: without one, all of these functions answer
/// [`NoKeySwitching`](SealError::NoKeySwitching).
///
/// Source: `KeyGenerator` in keygenerator.h.
pub struct KeyGenerator<S> {
    raw: UniquePtr<ffi::KeyGenerator>,
    context: Context<S>,
}

const OP: &str = "key generation";

/// SEAL's name for the swap of the rows among rotation rotations.
const COLUMNS: i32 = 0;

impl<S: IntegerScheme> KeyGenerator<S> {
    /// Generates a new ternary secret key, with coefficients -1, 0 and 1.
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

    /// Keys for exactly these rotations of the rows. Steps count modulo N/2, 0 needs no key, and a step named twice gets
    /// one.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_galois_keys(&mut self, rotations: &[Rotation]) -> Result<GaloisKeys<S>, SealError> {
        self.rotations(&self.distinct(rotations))
    }

    /// Keys for exactly these rotations of the rows at half the size.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_seeded_galois_keys(&mut self, rotations: &[Rotation]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.seeded_rotations(&self.distinct(rotations))
    }

    /// The key for swapping the rows.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_column_key(&mut self) -> Result<GaloisKeys<S>, SealError> {
        self.rotations(&[COLUMNS])
    }

    /// The key for swapping the rows in seeded form, with half the size.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_seeded_column_key(&mut self) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.seeded_rotations(&[COLUMNS])
    }

    /// Keys for the automorphisms `X -> X^element`, which do not require slots.
    ///
    /// # Errors
    /// [`NotAGaloisElement`](SealError::NotAGaloisElement) for an element that is even or not below 2N.
    pub fn create_galois_keys_of_elements(&mut self, elements: &[u32]) -> Result<GaloisKeys<S>, SealError> {
        self.check_elements(elements)?;
        GaloisKeys::new(&self.context, ffi::galois_keys_of_elements(self.raw.pin_mut(), elements).map_err(failed)?)
    }

    /// Keys for the automorphisms `X -> X^element` in seeded form, with half the size.
    ///
    /// # Errors
    /// [`NotAGaloisElement`](SealError::NotAGaloisElement) for an element that is even or not below 2N.
    pub fn create_seeded_galois_keys_of_elements(
        &mut self,
        elements: &[u32],
    ) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.check_elements(elements)?;
        let bytes = ffi::seeded_galois_keys_of_elements(self.raw.pin_mut(), elements).map_err(failed)?;
        Ok(Seeded::new(&self.context, &bytes))
    }

    fn rotations(&mut self, rotations: &[i32]) -> Result<GaloisKeys<S>, SealError> {
        self.check_rotations()?;
        GaloisKeys::new(&self.context, ffi::galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?)
    }

    fn seeded_rotations(&mut self, rotations: &[i32]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.check_rotations()?;
        Ok(Seeded::new(&self.context, &ffi::seeded_galois_keys(self.raw.pin_mut(), rotations).map_err(failed)?))
    }

    fn check_rotations(&self) -> Result<(), SealError> {
        check::has_key_switching(OP, &self.context)?;
        check::has_batching(OP, &self.context)
    }

    fn check_elements(&self, elements: &[u32]) -> Result<(), SealError> {
        check::has_key_switching(OP, &self.context)?;
        elements.iter().try_for_each(|&element| check::galois_element(OP, &self.context, element))
    }

    /// Canonical, and without 0, which SEAL would take for the swap of the rows.
    fn distinct(&self, rotations: &[Rotation]) -> Vec<i32> {
        let row = self.context.row_size();
        let mut distinct: Vec<i32> = rotations.iter().map(|step| step.canonical(row).0).filter(|&k| k != 0).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(OP, &exception)
}
