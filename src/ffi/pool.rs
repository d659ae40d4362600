//! The memory pool of SEAL's objects: `cpp/pool.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("pool.h");

        fn release_memory() -> Result<usize>;
    }
}

pub(crate) use bridge::*;
