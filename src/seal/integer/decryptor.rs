//! Decryption.

use cxx::UniquePtr;

use super::{Ciphertext, Context, IntegerScheme, Plaintext, SecretKey, check};
use crate::Private;
use crate::error::SealError;
use crate::ffi::decryptor as ffi;

const DECRYPT: &str = "decrypt";

/// Decrypts, and tells how much noise a ciphertext can still take. It holds the secret key: no `Debug`, and SEAL clears
/// its copies and the decrypted plaintexts.
///
/// What comes out is [`Private`] as in CKKS, for another reason. A CKKS result carries noise that depends on the secret
/// key; a result here is exact and says nothing of it, as long as the noise never exceeded its budget. Otherwise the
/// result is wrong in a way that depends on the key, and an observer of such failures recovers it (Cheon et al. 2024,
/// IND-CPA-D for exact schemes). So [`decrypt`](Decryptor::decrypt) refuses a ciphertext without budget, and an answer
/// that reaches others, be it this refusal or the budget itself, is the key owner's decision.
///
/// Source: `Decryptor` in decryptor.h.
pub struct Decryptor<S> {
    raw: UniquePtr<ffi::Decryptor>,
    context: Context<S>,
}

impl<S: IntegerScheme> Decryptor<S> {
    /// For a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn new(context: &Context<S>, key: &SecretKey<S>) -> Result<Decryptor<S>, SealError> {
        check::same_context("Decryptor", context, &key.context)?;
        let raw = ffi::new_decryptor(context.raw(), &key.raw).map_err(|e| SealError::from_exception(DECRYPT, &e))?;
        Ok(Decryptor { raw, context: context.clone() })
    }

    /// The polynomial that was encrypted, exactly, unless the noise was too large before
    /// ([`noise_budget`](Decryptor::noise_budget) says what can be seen of that); for vectors pass it on to
    /// [`BatchEncoder::decode`](super::BatchEncoder::decode). Takes twice the time of SEAL's, half of it for the noise
    /// budget.
    ///
    /// # Errors
    /// [`NoiseBudgetExhausted`](SealError::NoiseBudgetExhausted), [`ForeignContext`](SealError::ForeignContext).
    pub fn decrypt(&self, ciphertext: &Ciphertext<S>) -> Result<Private<Plaintext<S>>, SealError> {
        if self.budget(DECRYPT, ciphertext)? == 0 {
            return Err(SealError::NoiseBudgetExhausted { op: DECRYPT });
        }
        let raw = self.raw.decrypt(&ciphertext.raw).map_err(|e| SealError::from_exception(DECRYPT, &e))?;
        Ok(Private::new(Plaintext { raw, context: self.context.clone() }))
    }

    /// Bits of noise that the ciphertext can still take: `log2(q / 2v)`, v being the largest coefficient of
    /// `t (c_0 + c_1 s)` (BFV) or `c_0 + c_1 s` (BGV) modulo q, rounded down.
    ///
    /// If it is 0, the result may be wrong. **If it is larger, the result need not be right.** v is the distance from the
    /// nearest message, whichever that is: noise that has become too large brings another message near, and looks small
    /// again. That cannot be seen in a ciphertext. The noise of a computation differs from coefficient to coefficient, so
    /// it does not happen to all of them by chance. But a sum of very many copies, made by doubling, multiplies the whole
    /// noise by one number, and about `q / t` copies (BFV) or `q` copies (both) may make it small everywhere: the sum of
    /// `q + 1` copies is the ciphertext itself, with its full budget. A sum is right if both summands are right and have 2
    /// bits or more, so whoever looks after every addition sees the budget vanish on the way.
    ///
    /// Source: `invariant_noise_budget` in decryptor.h.
    ///
    /// ```
    /// use seal_nn::seal::integer::*;
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(1024))?;
    /// let context = Context::new(&parameters)?;
    /// let secret = KeyGenerator::new(&context)?.secret_key()?;
    /// let six = Plaintext::from_coefficients(&context, &[6])?;
    /// let x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&six)?;
    /// let squared = Evaluator::new(&context)?.square(&x)?;
    ///
    /// let decryptor = Decryptor::new(&context, &secret)?;
    /// let (fresh, left) = (decryptor.noise_budget(&x)?, decryptor.noise_budget(&squared)?);
    /// assert!(fresh.open_as_key_owner() > left.open_as_key_owner() + 15);
    /// assert_eq!(decryptor.decrypt(&squared)?.open_as_key_owner().coefficients()?, [36]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn noise_budget(&self, ciphertext: &Ciphertext<S>) -> Result<Private<u32>, SealError> {
        self.budget("noise_budget", ciphertext).map(Private::new)
    }

    fn budget(&self, op: &'static str, ciphertext: &Ciphertext<S>) -> Result<u32, SealError> {
        check::same_context(op, &self.context, &ciphertext.context)?;
        let bits = self.raw.noise_budget(&ciphertext.raw).map_err(|e| SealError::from_exception(op, &e))?;
        // SEAL's is never negative.
        Ok(bits.unsigned_abs())
    }
}
