//! Bytes of objects: `cpp/bytes.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("bytes.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;
        #[namespace = "seal"]
        type PublicKey = crate::ffi::keys::PublicKey;
        #[namespace = "seal"]
        type RelinKeys = crate::ffi::keys::RelinKeys;
        #[namespace = "seal"]
        type GaloisKeys = crate::ffi::keys::GaloisKeys;

        fn seal_version_minor() -> u8;

        #[cxx_name = "byte_count"]
        fn secret_key_byte_count(key: &SecretKey) -> Result<usize>;

        #[cxx_name = "save"]
        fn save_plaintext(plaintext: &Plaintext, to: &mut [u8]) -> Result<()>;
        #[cxx_name = "save"]
        fn save_ciphertext(ciphertext: &Ciphertext, to: &mut [u8]) -> Result<()>;
        #[cxx_name = "save"]
        fn save_secret_key(key: &SecretKey, to: &mut [u8]) -> Result<()>;
        #[cxx_name = "save"]
        fn save_public_key(key: &PublicKey, to: &mut [u8]) -> Result<()>;
        #[cxx_name = "save"]
        fn save_relin_keys(keys: &RelinKeys, to: &mut [u8]) -> Result<()>;
        #[cxx_name = "save"]
        fn save_galois_keys(keys: &GaloisKeys, to: &mut [u8]) -> Result<()>;

        #[cxx_name = "load"]
        fn load_plaintext(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<Plaintext>>;
        #[cxx_name = "load"]
        fn load_ciphertext(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<Ciphertext>>;
        #[cxx_name = "load"]
        fn load_secret_key(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<SecretKey>>;
        #[cxx_name = "load"]
        fn load_public_key(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<PublicKey>>;
        #[cxx_name = "load"]
        fn load_relin_keys(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<RelinKeys>>;
        #[cxx_name = "load"]
        fn load_galois_keys(context: &SEALContext, bytes: &[u8]) -> Result<UniquePtr<GaloisKeys>>;
    }
}

pub(crate) use bridge::*;
