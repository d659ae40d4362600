// All of MPI that ranks need. Handles stay on this side, so the Rust side is the same for every MPI: they are pointers in Open
// MPI and numbers in MPICH.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// Joins the job. All later calls must come from the thread of this one (MPI_THREAD_FUNNELED).
void mpi_join();
// Leaves it, when all ranks do.
void mpi_leave();
std::size_t mpi_rank();
std::size_t mpi_size();

// Of rank `root` to all.
void mpi_broadcast(rust::Slice<std::uint8_t> bytes, std::size_t root);
void mpi_send(rust::Slice<const std::uint8_t> bytes, std::size_t to);
void mpi_receive(rust::Slice<std::uint8_t> bytes, std::size_t from);
// The sums, and the largest, of all ranks, one by one.
void mpi_sum(rust::Slice<std::uint64_t> words);
void mpi_max(rust::Slice<std::uint64_t> words);

} // namespace seal_nn
