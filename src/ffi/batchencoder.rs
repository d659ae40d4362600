//! `BatchEncoder`: `cpp/batchencoder.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("batchencoder.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type BatchEncoder;

        fn new_batch_encoder(context: &SEALContext) -> Result<UniquePtr<BatchEncoder>>;
        fn encode_unsigned(encoder: &BatchEncoder, values: &[u64]) -> Result<UniquePtr<Plaintext>>;
        fn encode_signed(encoder: &BatchEncoder, values: &[i64]) -> Result<UniquePtr<Plaintext>>;
        fn decode_unsigned(encoder: &BatchEncoder, plaintext: &Plaintext, values: &mut [u64]) -> Result<()>;
        fn decode_signed(encoder: &BatchEncoder, plaintext: &Plaintext, values: &mut [i64]) -> Result<()>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a BatchEncoder owns its tables of roots and indices and a copy of the context; the pool has a lock.
unsafe impl Send for BatchEncoder {}
// SAFETY: encode and decode (batchencoder.h) are const and only read those tables.
unsafe impl Sync for BatchEncoder {}
