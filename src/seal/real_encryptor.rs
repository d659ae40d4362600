//! Encryption of real vectors with our own kernels.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Encryptor, PublicKey, RealEncoder, SecretKey, Seeded, SymmetricEncryptor};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{kernels as ffi, keys};

/// Encodes and encrypts real vectors with the secret key in one step, several times faster than [`RealEncoder`] and
/// [`SymmetricEncryptor`] one after the other. The bytes are those that these two give with the same randomness, which
/// comes from SEAL's generator.
///
/// The second half `a` is uniform and replaced by its seed; the first is `(m - e) - a s`, so the message `m` and the
/// error `e` (centred binomial, variance 10.5) share one transform per prime. It holds the secret key: it has no `Debug`,
/// and memory that contained errors is cleared.
///
/// ```
/// use seal_nn::seal::{Context, Decryptor, KeyGenerator, Parameters, RealSymmetricEncryptor};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let key = KeyGenerator::new(&context)?.secret_key()?;
/// let encryptor = RealSymmetricEncryptor::new(&context, &key)?;
/// let seeded = encryptor.encrypt(&[0.5, -1.25], context.top_level(), 2_f64.powi(30))?;
/// let values = Decryptor::new(&context, &key)?.decrypt_decode(&seeded.expand(&context)?)?.open_as_key_owner();
/// assert!((values[1] + 1.25).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
pub struct RealSymmetricEncryptor {
    encoder: RealEncoder,
    /// For coefficients that are too large for our transforms.
    seal: SymmetricEncryptor,
    key: UniquePtr<keys::SecretKey>,
    context: Context,
}

/// Encodes and encrypts real vectors with the public key in one step, several times faster than [`RealEncoder`] and
/// [`Encryptor`] one after the other. The ciphertexts are those that these two give with the same randomness, which comes
/// from SEAL's generator.
///
/// With the key `(k_0, k_1)`, a ternary `u` and errors `e_0`, `e_1`, the components are `(k_j u + e_j) / q`, rounded, `q`
/// being the next prime above the level, plus the message. Rounding and error share one transform per prime.
///
/// ```
/// use seal_nn::seal::{Context, Decryptor, KeyGenerator, Parameters, RealEncryptor};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let mut keys = KeyGenerator::new(&context)?;
/// let encryptor = RealEncryptor::with_public_key(&context, &keys.create_public_key()?)?;
/// let x = encryptor.encrypt(&[0.5, -1.25], context.top_level(), 2_f64.powi(30))?;
/// let values = Decryptor::new(&context, &keys.secret_key()?)?.decrypt_decode(&x)?.open_as_key_owner();
/// assert!((values[1] + 1.25).abs() < 1e-3);
/// # Ok(())
/// # }
/// ```
pub struct RealEncryptor {
    encoder: RealEncoder,
    /// For coefficients that are too large for our transforms.
    seal: Encryptor,
    key: UniquePtr<keys::PublicKey>,
    context: Context,
}

const ENCRYPT: &str = "encrypt";

impl RealEncryptor {
    /// An encryptor for a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a key of other parameters;
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our kernels do not
    /// support.
    pub fn with_public_key(context: &Context, key: &PublicKey) -> Result<RealEncryptor, SealError> {
        Ok(RealEncryptor {
            seal: Encryptor::with_public_key(context, key)?,
            encoder: RealEncoder::new(context)?,
            key: keys::copy_public_key(&key.raw).map_err(failed)?,
            context: context.clone(),
        })
    }

    /// Encrypts up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`Encoder::encode`](super::Encoder::encode).
    pub fn encrypt(&self, values: &[f64], level: Level, scale: f64) -> Result<Ciphertext, SealError> {
        let most = self.encoder.check(values, level, scale)?;
        let hybrid = self.context.hybrid()?;
        let raw = ffi::encrypt_public(hybrid, &self.key, values, level.0, scale, most).map_err(failed)?;
        match raw.is_null() {
            true => self.seal.encrypt(&self.encoder.encode(values, level, scale)?),
            false => Ok(Ciphertext { raw, context: self.context.clone() }),
        }
    }
}

impl fmt::Debug for RealEncryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealEncryptor").field(&self.context).finish()
    }
}

impl RealSymmetricEncryptor {
    /// An encryptor for a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a key of other parameters;
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our kernels do not
    /// support.
    pub fn new(context: &Context, key: &SecretKey) -> Result<RealSymmetricEncryptor, SealError> {
        Ok(RealSymmetricEncryptor {
            seal: SymmetricEncryptor::new(context, key)?,
            encoder: RealEncoder::new(context)?,
            key: keys::copy_secret_key(&key.raw).map_err(failed)?,
            context: context.clone(),
        })
    }

    /// Encrypts up to S real values; the remaining slots are zero.
    ///
    /// # Errors
    /// The same as for [`Encoder::encode`](super::Encoder::encode).
    pub fn encrypt(&self, values: &[f64], level: Level, scale: f64) -> Result<Seeded<Ciphertext>, SealError> {
        let most = self.encoder.check(values, level, scale)?;
        let hybrid = self.context.hybrid()?;
        let mut bytes = vec![0; ffi::seeded_size(hybrid, level.0).map_err(failed)?];
        match ffi::encrypt_slots(hybrid, &self.key, values, level.0, scale, most, &mut bytes).map_err(failed)? {
            true => Ok(Seeded::of_checked(&self.context, bytes)),
            false => self.seal.encrypt_seeded(&self.encoder.encode(values, level, scale)?),
        }
    }
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(ENCRYPT, &exception)
}
