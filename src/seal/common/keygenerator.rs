//! Key generation.

use cxx::UniquePtr;

use super::{Context, GaloisKeys, PublicKey, RelinKeys, SchemeType, SecretKey, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keys::SecretKey as SecretKeyOfSeal;
use crate::ffi::{kernels, keygenerator as ffi};
use crate::seal::Seeded;

/// Generates a secret key and the other keys from it. It holds the secret key: it has no `Debug`, is not `Sync`, and is
/// cleared when it is dropped.
///
/// Relinearisation keys and Galois keys need a special prime. Without one, which is possible in BFV and BGV only, all
/// of these functions return [`NoKeySwitching`](SealError::NoKeySwitching).
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

/// SEAL's rotation step for the conjugation of CKKS, which swaps the rows of BFV and BGV.
pub const CONJUGATION: i32 = 0;

impl<S: SchemeType> KeyGenerator<S> {
    /// Generates a new ternary secret key, with coefficients -1, 0 and 1.
    pub fn new(context: &Context<S>) -> Result<KeyGenerator<S>, SealError> {
        let raw = ffi::new_key_generator(context.raw()).map_err(failed)?;
        Ok(KeyGenerator { raw, context: context.clone() })
    }

    /// Generates further keys for an existing secret key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a key of other parameters.
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

    /// A public key, which is different for each call.
    pub fn create_public_key(&mut self) -> Result<PublicKey<S>, SealError> {
        let raw = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_public_key(kernels, secret),
            None => ffi::public_key(&self.raw),
        };
        Ok(PublicKey { raw: raw.map_err(failed)?, context: self.context.clone() })
    }

    /// A public key in seeded form, with half the size.
    pub fn create_seeded_public_key(&mut self) -> Result<Seeded<PublicKey<S>>, SealError> {
        let bytes = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_seeded_public_key(kernels, secret),
            None => ffi::seeded_public_key(&self.raw),
        };
        Ok(Seeded::new(&self.context, &bytes.map_err(failed)?))
    }

    /// The relinearisation key.
    pub fn create_relin_keys(&mut self) -> Result<RelinKeys<S>, SealError> {
        check::has_key_switching(OP, &self.context)?;
        let raw = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_relin_keys(kernels, secret),
            None => ffi::relin_keys(self.raw.pin_mut()),
        };
        Ok(RelinKeys { raw: raw.map_err(failed)?, context: self.context.clone() })
    }

    /// The relinearisation key in seeded form, with half the size.
    pub fn create_seeded_relin_keys(&mut self) -> Result<Seeded<RelinKeys<S>>, SealError> {
        check::has_key_switching(OP, &self.context)?;
        let bytes = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_seeded_relin_keys(kernels, secret),
            None => ffi::seeded_relin_keys(self.raw.pin_mut()),
        };
        Ok(Seeded::new(&self.context, &bytes.map_err(failed)?))
    }

    /// Keys for exactly these rotations, of the rows in BFV and BGV. Steps are taken modulo N/2, 0 needs no key, and
    /// duplicate steps get one key.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_galois_keys(&mut self, rotations: &[Rotation]) -> Result<GaloisKeys<S>, SealError> {
        self.rotations(&self.distinct(rotations))
    }

    /// Keys for exactly these rotations in seeded form, with half the size.
    ///
    /// # Errors
    /// [`NoBatching`](SealError::NoBatching) without slots.
    pub fn create_seeded_galois_keys(&mut self, rotations: &[Rotation]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.seeded_rotations(&self.distinct(rotations))
    }

    pub(in crate::seal) fn rotations(&mut self, rotations: &[i32]) -> Result<GaloisKeys<S>, SealError> {
        self.check_rotations()?;
        let raw = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_galois_keys(kernels, secret, rotations),
            None => ffi::galois_keys(self.raw.pin_mut(), rotations),
        };
        GaloisKeys::new(&self.context, raw.map_err(failed)?)
    }

    pub(in crate::seal) fn seeded_rotations(&mut self, rotations: &[i32]) -> Result<Seeded<GaloisKeys<S>>, SealError> {
        self.check_rotations()?;
        let bytes = match self.kernels()? {
            Some((kernels, secret)) => kernels::make_seeded_galois_keys(kernels, secret, rotations),
            None => ffi::seeded_galois_keys(self.raw.pin_mut(), rotations),
        };
        Ok(Seeded::new(&self.context, &bytes.map_err(failed)?))
    }

    /// Our kernels, if they support the parameters, and the secret key: they make the keys that SEAL makes from the same
    /// random numbers.
    fn kernels(&self) -> Result<Option<(&kernels::HybridEvaluator, &SecretKeyOfSeal)>, SealError> {
        let secret = || self.raw.borrowed_secret_key().map_err(failed);
        S::kernels(&self.context)?.map(|kernels| Ok((kernels, secret()?))).transpose()
    }

    fn check_rotations(&self) -> Result<(), SealError> {
        check::has_key_switching(OP, &self.context)?;
        check::has_batching(OP, &self.context)
    }

    /// Canonical steps without 0, which SEAL would interpret as the conjugation.
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
