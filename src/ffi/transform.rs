//! The trial of SEAL's transforms: `cpp/transform.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("transform.h");

        fn transforms_are_right(degree: usize, prime: u64) -> Result<bool>;
    }
}

pub(crate) use bridge::*;
