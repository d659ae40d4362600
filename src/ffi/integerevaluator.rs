//! `Evaluator`, the part that only BFV and BGV need: `cpp/integerevaluator.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("integerevaluator.h");

        #[namespace = "seal"]
        type SEALContext = crate::ffi::context::SEALContext;
        #[namespace = "seal"]
        type Plaintext = crate::ffi::plaintext::Plaintext;
        #[namespace = "seal"]
        type Ciphertext = crate::ffi::ciphertext::Ciphertext;
        #[namespace = "seal"]
        type GaloisKeys = crate::ffi::keys::GaloisKeys;
        #[namespace = "seal"]
        type Evaluator = crate::ffi::evaluator::Evaluator;

        fn multiply_plain(evaluator: &Evaluator, x: &Ciphertext, y: &Plaintext) -> Result<UniquePtr<Ciphertext>>;

        fn switch_modulus(
            evaluator: &Evaluator,
            context: &SEALContext,
            x: &Ciphertext,
            level: usize,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn switch_plaintext(
            evaluator: &Evaluator,
            context: &SEALContext,
            x: &Plaintext,
            level: usize,
        ) -> Result<UniquePtr<Plaintext>>;

        fn rotate_rows(
            evaluator: &Evaluator,
            x: &Ciphertext,
            step: i32,
            keys: &GaloisKeys,
        ) -> Result<UniquePtr<Ciphertext>>;
        fn rotate_columns(evaluator: &Evaluator, x: &Ciphertext, keys: &GaloisKeys) -> Result<UniquePtr<Ciphertext>>;
        fn apply_galois(
            evaluator: &Evaluator,
            x: &Ciphertext,
            element: u32,
            keys: &GaloisKeys,
        ) -> Result<UniquePtr<Ciphertext>>;

        fn transform_plaintext(
            evaluator: &Evaluator,
            context: &SEALContext,
            x: &Plaintext,
            level: usize,
        ) -> Result<UniquePtr<Plaintext>>;
        fn transform(evaluator: &Evaluator, context: &SEALContext, x: &Ciphertext) -> Result<UniquePtr<Ciphertext>>;
        fn transform_back(
            evaluator: &Evaluator,
            context: &SEALContext,
            x: &Ciphertext,
        ) -> Result<UniquePtr<Ciphertext>>;
    }
}

pub(crate) use bridge::*;
