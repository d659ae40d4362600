//! `CKKSEncoder`: `cpp/encoder.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("encoder.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        type Encoder;

        fn new_encoder(context: &SEALContext) -> Result<UniquePtr<Encoder>>;
        fn encode_real(
            encoder: &Encoder,
            context: &SEALContext,
            values: &[f64],
            level: usize,
            scale: f64,
        ) -> Result<UniquePtr<Plaintext>>;
        fn encode_complex(
            encoder: &Encoder,
            context: &SEALContext,
            parts: &[f64],
            level: usize,
            scale: f64,
        ) -> Result<UniquePtr<Plaintext>>;
        fn encode_constant(
            encoder: &Encoder,
            context: &SEALContext,
            value: f64,
            level: usize,
            scale: f64,
        ) -> Result<UniquePtr<Plaintext>>;
        fn decode_real(encoder: &Encoder, plaintext: &Plaintext, values: &mut [f64]) -> Result<()>;
        fn decode_complex(encoder: &Encoder, plaintext: &Plaintext, parts: &mut [f64]) -> Result<()>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a CKKSEncoder owns its tables of roots and indices; the pool has a lock.
unsafe impl Send for Encoder {}
// SAFETY: encode_internal and decode_internal (ckks.h, ckks.cpp) only read those tables.
unsafe impl Sync for Encoder {}
