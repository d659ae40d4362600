//! `SEALContext`: `cpp/context.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("context.h");

        #[namespace = "seal"]
        type SEALContext;

        fn new_context(
            scheme: u8,
            degree: usize,
            primes: &[u64],
            plain_modulus: u64,
            security: i32,
            seed: &[u64],
        ) -> Result<UniquePtr<SEALContext>>;
        fn parameter_error(context: &SEALContext) -> Result<String>;
        fn parameter_error_message(context: &SEALContext) -> Result<String>;

        fn highest_level(context: &SEALContext) -> Result<usize>;
        fn lowest_level(context: &SEALContext) -> Result<usize>;
        fn has_slots(context: &SEALContext) -> Result<bool>;
        fn parms_id(context: &SEALContext, level: usize) -> Result<[u64; 4]>;
        fn key_parms_id(context: &SEALContext) -> Result<[u64; 4]>;
        fn keeps_transformed(context: &SEALContext) -> Result<bool>;
    }
}

pub(crate) use bridge::*;

// SAFETY: a SEALContext owns its data through shared_ptr (atomic counts) and a pool with a lock; nothing is bound to a
// thread.
unsafe impl Send for SEALContext {}
// SAFETY: its constructor computes everything; afterwards it is read, except GaloisTool's permutation tables, which are
// filled under a reader-writer lock (util/galois.cpp) and which `prepare_permutations` fills beforehand, and the count of
// our SeedSequence (random.h), which is atomic.
unsafe impl Sync for SEALContext {}
