//! `Decryptor`: `cpp/decryptor.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("decryptor.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;
        type Decryptor;

        fn new_decryptor(context: &SEALContext, key: &SecretKey) -> Result<UniquePtr<Decryptor>>;
        fn decrypt(self: &Decryptor, ciphertext: &Ciphertext) -> Result<UniquePtr<Plaintext>>;
        fn noise_budget(self: &Decryptor, ciphertext: &Ciphertext) -> Result<i32>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a Decryptor owns the powers of the secret key and their pool, which has a lock.
unsafe impl Send for Decryptor {}
// SAFETY: cpp/decryptor.h: the table of powers is complete from the start, so that decrypting only reads it.
unsafe impl Sync for Decryptor {}
