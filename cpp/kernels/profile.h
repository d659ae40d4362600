// Where the time of the kernels goes: nanoseconds by kind of work, over all threads of the process since it started.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "path.h"

namespace seal_nn::kernels {

enum class Stage : std::size_t {
    TRANSFORM,     // by itself
    CONVERSION,    // a base conversion and the transform that it feeds
    INNER_PRODUCT, // of digits and a key
    PRODUCT,       // of ciphertexts and plaintexts
    DIVISION,      // and permutations, additions, conversions between SEAL's residues and ours
};
constexpr std::size_t STAGES = 5;

std::array<std::uint64_t, STAGES> profile();

// The path with functions that take their time. There is one for each path, so addresses tell paths apart.
const Path *timed(const Path *path);

} // namespace seal_nn::kernels
