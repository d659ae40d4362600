//! Objects for another context: `cpp/adopt.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("adopt.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type SecretKey = crate::ffi::keys::SecretKey;

        fn adopt_ciphertext(context: &SEALContext, x: &Ciphertext) -> Result<UniquePtr<Ciphertext>>;
        fn adopt_secret_key(context: &SEALContext, own: &SEALContext, key: &SecretKey) -> Result<UniquePtr<SecretKey>>;
    }
}

pub(crate) use bridge::*;
