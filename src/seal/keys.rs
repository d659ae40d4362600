//! The keys of CKKS.

use super::{Ckks, common};

/// The secret key, which decrypts and from which all other keys are generated.
pub type SecretKey = common::SecretKey<Ckks>;

/// The public key, which encrypts.
pub type PublicKey = common::PublicKey<Ckks>;

/// The key that reduces products from three components to two.
pub type RelinKeys = common::RelinKeys<Ckks>;

/// Keys for a set of rotations, or for the conjugation.
pub type GaloisKeys = common::GaloisKeys<Ckks>;

impl GaloisKeys {
    /// Whether there is a key for [`conjugate`](super::Evaluator::conjugate).
    pub fn has_conjugation(&self) -> bool {
        self.conjugation
    }
}
