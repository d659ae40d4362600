//! Random numbers for secrets: `cpp/entropy.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("entropy.h");

        fn random_words(words: &mut [u64]) -> Result<()>;
    }
}

pub(crate) use bridge::*;
