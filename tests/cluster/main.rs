//! Tests of `src/cluster`: jobs of several ranks on this machine (`make test-mpi`).

#[path = "../kit/mod.rs"]
mod kit;

mod bootstrapped;
mod inferences;
mod job;
mod killed;
mod network;
mod served;
mod sums;
mod trainings;
mod without_mpi;
