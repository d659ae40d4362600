#include "mpi.h"

// The C interface alone: both have a C++ one that was withdrawn.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "seal-nn/src/ffi/cluster.rs.h"

namespace seal_nn {

namespace {

const MPI_Comm WORLD = MPI_COMM_WORLD;
// Counts are ints; MPI cuts larger messages itself.
constexpr std::size_t MOST_BYTES = std::size_t(1) << 30;
constexpr int TAG = 0;

void check(int code) {
    if (code == MPI_SUCCESS) {
        return;
    }
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    throw std::runtime_error(std::string(text, static_cast<std::size_t>(length)));
}

// MPI's own waiting keeps a processor busy, of which others on the same machine would feel: a rank may wait for a step of
// another. It looks again and again only for as long as a message of a fast network takes.
void wait(MPI_Request &request) {
    using std::chrono::microseconds, std::chrono::steady_clock;
    constexpr microseconds BUSY(50), SHORTEST(20), LONGEST(500);
    const auto started = steady_clock::now();
    auto pause = SHORTEST;
    for (;;) {
        int done = 0;
        check(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
        if (done) {
            return;
        }
        if (steady_clock::now() - started > BUSY) {
            std::this_thread::sleep_for(pause);
            pause = std::min(2 * pause, LONGEST);
        }
    }
}

// In pieces whose size fits into an int.
template <typename T, typename Start>
void in_pieces(T *data, std::size_t count, Start &&start) {
    constexpr std::size_t MOST = MOST_BYTES / sizeof(T);
    for (std::size_t at = 0; at < count; at += MOST) {
        MPI_Request request = MPI_REQUEST_NULL;
        check(start(data + at, static_cast<int>(std::min(MOST, count - at)), request));
        wait(request);
    }
}

void reduce(rust::Slice<std::uint64_t> words, MPI_Op operation) {
    in_pieces(words.data(), words.size(), [operation](std::uint64_t *at, int count, MPI_Request &request) {
        return MPI_Iallreduce(MPI_IN_PLACE, at, count, MPI_UINT64_T, operation, WORLD, &request);
    });
}

} // namespace

void mpi_join() {
    int given = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given));
    if (given < MPI_THREAD_FUNNELED) {
        throw std::runtime_error("this MPI is not for programs with several threads (MPI_THREAD_FUNNELED)");
    }
    check(MPI_Comm_set_errhandler(WORLD, MPI_ERRORS_RETURN));
}

void mpi_leave() { check(MPI_Finalize()); }

std::size_t mpi_rank() {
    int rank = 0;
    check(MPI_Comm_rank(WORLD, &rank));
    return static_cast<std::size_t>(rank);
}

std::size_t mpi_size() {
    int size = 0;
    check(MPI_Comm_size(WORLD, &size));
    return static_cast<std::size_t>(size);
}

void mpi_broadcast(rust::Slice<std::uint8_t> bytes, std::size_t root) {
    const int from = static_cast<int>(root);
    in_pieces(bytes.data(), bytes.size(), [from](std::uint8_t *at, int count, MPI_Request &request) {
        return MPI_Ibcast(at, count, MPI_BYTE, from, WORLD, &request);
    });
}

void mpi_send(rust::Slice<const std::uint8_t> bytes, std::size_t to) {
    const int rank = static_cast<int>(to);
    in_pieces(bytes.data(), bytes.size(), [rank](const std::uint8_t *at, int count, MPI_Request &request) {
        return MPI_Isend(at, count, MPI_BYTE, rank, TAG, WORLD, &request);
    });
}

void mpi_receive(rust::Slice<std::uint8_t> bytes, std::size_t from) {
    const int rank = static_cast<int>(from);
    in_pieces(bytes.data(), bytes.size(), [rank](std::uint8_t *at, int count, MPI_Request &request) {
        return MPI_Irecv(at, count, MPI_BYTE, rank, TAG, WORLD, &request);
    });
}

void mpi_sum(rust::Slice<std::uint64_t> words) { reduce(words, MPI_SUM); }

void mpi_max(rust::Slice<std::uint64_t> words) { reduce(words, MPI_MAX); }

} // namespace seal_nn
