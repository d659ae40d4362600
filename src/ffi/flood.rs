//! Noise on ciphertexts: `cpp/flood.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("flood.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;

        fn add_flood(context: &SEALContext, deviation: f64, ciphertext: Pin<&mut Ciphertext>) -> Result<()>;
    }
}

pub(crate) use bridge::*;
