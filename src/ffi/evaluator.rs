//! `Evaluator`: `cpp/evaluator.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    /// Two factors of one term of a sum.
    struct Product<'a> {
        x: &'a Ciphertext,
        y: &'a Ciphertext,
    }

    unsafe extern "C++" {
        include!("evaluator.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type RelinKeys = crate::ffi::keys::RelinKeys;
        #[namespace = "seal"]
        type GaloisKeys = crate::ffi::keys::GaloisKeys;
        #[namespace = "seal"]
        type Evaluator;

        fn new_evaluator(context: &SEALContext) -> Result<UniquePtr<Evaluator>>;

        fn add_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, y: &Ciphertext) -> Result<()>;
        fn sub_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, y: &Ciphertext) -> Result<()>;
        fn negate_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>) -> Result<()>;
        fn add_plain_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, y: &Plaintext) -> Result<()>;
        fn sub_plain_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, y: &Plaintext) -> Result<()>;
        fn multiply_plain_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, y: &Plaintext) -> Result<()>;

        fn multiply(
            evaluator: &Evaluator,
            context: &SEALContext,
            x: &Ciphertext,
            y: &Ciphertext,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn square(evaluator: &Evaluator, context: &SEALContext, x: &Ciphertext) -> Result<UniquePtr<Ciphertext>>;
        fn multiply_sum(
            evaluator: &Evaluator,
            context: &SEALContext,
            products: &[Product],
        ) -> Result<UniquePtr<Ciphertext>>;

        fn relinearize_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>, keys: &RelinKeys) -> Result<()>;
        fn rescale_inplace(evaluator: &Evaluator, x: Pin<&mut Ciphertext>) -> Result<()>;
        fn drop_to(context: &SEALContext, x: &Ciphertext, level: usize) -> Result<UniquePtr<Ciphertext>>;
        fn drop_to_inplace(context: &SEALContext, x: Pin<&mut Ciphertext>, level: usize) -> Result<()>;

        fn rotate(evaluator: &Evaluator, x: &Ciphertext, step: i32, keys: &GaloisKeys)
        -> Result<UniquePtr<Ciphertext>>;
        fn conjugate(evaluator: &Evaluator, x: &Ciphertext, keys: &GaloisKeys) -> Result<UniquePtr<Ciphertext>>;
    }
}

pub(crate) use bridge::*;

// SAFETY: an Evaluator holds a copy of the context (see ffi/context.rs) and nothing else.
unsafe impl Send for Evaluator {}
// SAFETY: all its operations are const.
unsafe impl Sync for Evaluator {}
