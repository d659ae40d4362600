//! `Encryptor`: `cpp/encryptor.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("encryptor.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type PublicKey = crate::ffi::keys::PublicKey;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;
        #[namespace = "seal"]
        type Encryptor;

        fn public_encryptor(context: &SEALContext, key: &PublicKey) -> Result<UniquePtr<Encryptor>>;
        fn symmetric_encryptor(context: &SEALContext, key: &SecretKey) -> Result<UniquePtr<Encryptor>>;
        fn encrypt(encryptor: &Encryptor, plaintext: &Plaintext) -> Result<UniquePtr<Ciphertext>>;
        fn encrypt_symmetric(encryptor: &Encryptor, plaintext: &Plaintext) -> Result<UniquePtr<Ciphertext>>;
        fn encrypt_zero(encryptor: &Encryptor, context: &SEALContext, level: usize) -> Result<UniquePtr<Ciphertext>>;
        fn encrypt_zero_symmetric(
            encryptor: &Encryptor,
            context: &SEALContext,
            level: usize,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn encrypt_seeded(encryptor: &Encryptor, plaintext: &Plaintext) -> Result<UniquePtr<CxxVector<u8>>>;
    }
}

pub(crate) use bridge::*;

// SAFETY: an Encryptor owns copies of its keys and of the context; nothing is bound to a thread.
unsafe impl Send for Encryptor {}
// SAFETY: encrypting is const and reads the keys; each call draws from a random generator of its own, which the
// factory makes without touching its state (randomgen.h), or with an atomic count (our random.h).
unsafe impl Sync for Encryptor {}
