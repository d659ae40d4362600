//! `KeyGenerator`: `cpp/keygenerator.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("keygenerator.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;
        #[namespace = "seal"]
        type PublicKey = crate::ffi::keys::PublicKey;
        #[namespace = "seal"]
        type RelinKeys = crate::ffi::keys::RelinKeys;
        #[namespace = "seal"]
        type GaloisKeys = crate::ffi::keys::GaloisKeys;
        #[namespace = "seal"]
        type KeyGenerator;

        fn new_key_generator(context: &SEALContext) -> Result<UniquePtr<KeyGenerator>>;
        fn key_generator_from(context: &SEALContext, secret_key: &SecretKey) -> Result<UniquePtr<KeyGenerator>>;

        fn secret_key(generator: &KeyGenerator) -> Result<UniquePtr<SecretKey>>;
        #[cxx_name = "secret_key"]
        fn borrowed_secret_key(self: &KeyGenerator) -> Result<&SecretKey>;
        fn public_key(generator: &KeyGenerator) -> Result<UniquePtr<PublicKey>>;
        fn seeded_public_key(generator: &KeyGenerator) -> Result<UniquePtr<CxxVector<u8>>>;
        fn relin_keys(generator: Pin<&mut KeyGenerator>) -> Result<UniquePtr<RelinKeys>>;
        fn seeded_relin_keys(generator: Pin<&mut KeyGenerator>) -> Result<UniquePtr<CxxVector<u8>>>;
        fn galois_keys(generator: Pin<&mut KeyGenerator>, steps: &[i32]) -> Result<UniquePtr<GaloisKeys>>;
        fn seeded_galois_keys(generator: Pin<&mut KeyGenerator>, steps: &[i32]) -> Result<UniquePtr<CxxVector<u8>>>;
        fn galois_keys_of_elements(
            generator: Pin<&mut KeyGenerator>,
            elements: &[u32],
        ) -> Result<UniquePtr<GaloisKeys>>;
        fn seeded_galois_keys_of_elements(
            generator: Pin<&mut KeyGenerator>,
            elements: &[u32],
        ) -> Result<UniquePtr<CxxVector<u8>>>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a KeyGenerator owns its keys and their pool (which has a lock); nothing is bound to a thread. Not Sync: making
// keys extends its table of powers of the secret key.
unsafe impl Send for KeyGenerator {}
