//! Key generation for BFV and BGV.

use super::super::common::{CONJUGATION, KEY_GENERATION as OP, key_generation_failed as failed};
use super::{GaloisKeys, IntegerScheme, KeyGenerator, Seeded, check};
use crate::error::SealError;
use crate::ffi::keygenerator as ffi;

impl<S: IntegerScheme> KeyGenerator<S> {
    /// The key for swapping the rows.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_column_key(&mut self) -> Result<GaloisKeys<S>, SealError> {
        self.rotations(&[CONJUGATION])
    }

    /// The key for swapping the rows in seeded form, with half the size.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_seeded_column_key(&mut self) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.seeded_rotations(&[CONJUGATION])
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

    fn check_elements(&self, elements: &[u32]) -> Result<(), SealError> {
        check::has_key_switching(OP, &self.context)?;
        elements.iter().try_for_each(|&element| check::galois_element(OP, &self.context, element))
    }
}
