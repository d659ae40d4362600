//! Ranks of a job: `cpp/cluster/mpi.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    unsafe extern "C++" {
        include!("cluster/mpi.h");

        fn mpi_join() -> Result<()>;
        fn mpi_leave() -> Result<()>;
        fn mpi_rank() -> Result<usize>;
        fn mpi_size() -> Result<usize>;
        fn mpi_broadcast(bytes: &mut [u8], root: usize) -> Result<()>;
        fn mpi_send(bytes: &[u8], to: usize) -> Result<()>;
        fn mpi_receive(bytes: &mut [u8], from: usize) -> Result<()>;
        fn mpi_sum(words: &mut [u64]) -> Result<()>;
        fn mpi_max(words: &mut [u64]) -> Result<()>;
    }
}

pub(crate) use bridge::*;
