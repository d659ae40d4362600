//! The keys of CKKS.

use super::{Ckks, common};

/// The secret key: decrypts, and makes all other keys.
pub type SecretKey = common::SecretKey<Ckks>;

/// The public key: encrypts.
pub type PublicKey = common::PublicKey<Ckks>;

/// The key that brings products back from three components to two.
pub type RelinKeys = common::RelinKeys<Ckks>;

/// Keys for a set of rotations, or for the conjugation.
pub type GaloisKeys = common::GaloisKeys<Ckks>;

impl GaloisKeys {
    /// Whether [`conjugate`](super::Evaluator::conjugate) has its key.
    pub fn has_conjugation(&self) -> bool {
        self.conjugation
    }
}
