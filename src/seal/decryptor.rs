//! Decryption.

use cxx::UniquePtr;

use super::{Ciphertext, Context, Encoder, Plaintext, RealEncoder, SecretKey, check};
use crate::Private;
use crate::error::SealError;
use crate::ffi::decryptor as ffi;

const DECRYPT: &str = "decrypt";

/// Decrypts ciphertexts. The result is [`Private`], because its noise depends on the secret key, so it must not reach
/// others unchanged. The decryptor holds the secret key: it has no `Debug`, and its copies and the decrypted plaintexts
/// are cleared.
///
/// A ciphertext contains no sign of its key, and none of a value that has wrapped around its modulus. Under another key,
/// or after operations with keys that belong to another, the polynomial is uniformly random, so that slots are about
/// `q sqrt(N/12) / scale`. The key holder of `backend` refuses such sizes; here the caller knows what to expect.
///
/// Source: `Decryptor` in decryptor.h.
pub struct Decryptor {
    raw: UniquePtr<ffi::Decryptor>,
    encoder: Encoder,
    /// Several times faster, for parameters that our kernels support.
    real: Option<RealEncoder>,
    context: Context,
}

impl Decryptor {
    /// A decryptor for a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a key of other parameters.
    pub fn new(context: &Context, key: &SecretKey) -> Result<Decryptor, SealError> {
        check::same_context("Decryptor", context, &key.context)?;
        let raw = ffi::new_decryptor(context.raw(), &key.raw).map_err(failed)?;
        Ok(Decryptor {
            raw,
            encoder: Encoder::new(context)?,
            real: RealEncoder::if_supported(context)?,
            context: context.clone(),
        })
    }

    /// `c_0 + c_1 s` (and `+ c_2 s^2`), at the ciphertext's level and scale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext of other parameters.
    pub fn decrypt(&self, ciphertext: &Ciphertext) -> Result<Private<Plaintext>, SealError> {
        self.plaintext(ciphertext).map(Private::new)
    }

    /// The real parts of all S slots.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext of other parameters.
    pub fn decrypt_decode(&self, ciphertext: &Ciphertext) -> Result<Private<Vec<f64>>, SealError> {
        let plaintext = self.plaintext(ciphertext)?;
        let values = match &self.real {
            Some(real) => real.decode(&plaintext),
            None => self.encoder.decode(&plaintext),
        };
        values.map(Private::new)
    }

    fn plaintext(&self, ciphertext: &Ciphertext) -> Result<Plaintext, SealError> {
        check::same_context(DECRYPT, &self.context, &ciphertext.context)?;
        let raw = self.raw.decrypt(&ciphertext.raw).map_err(failed)?;
        Ok(Plaintext { raw, context: self.context.clone() })
    }
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(DECRYPT, &exception)
}
