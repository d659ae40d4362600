// A prime with its tables of roots, for one code path; and the permutation of an automorphism.
#pragma once

#include <vector>

#include "memory.h"
#include "path.h"

namespace seal_nn::kernels {

class PrimeTables {
  public:
    // `root`: SEAL's primitive 2N-th root of unity modulo `value`, which has at most PRIME_BITS bits.
    PrimeTables(const Path &path, std::size_t degree, std::uint64_t value, std::uint64_t root);
    const Prime &prime() const { return prime_; }

  private:
    Roots fill(const Path &path, std::uint64_t root, double *memory) const;

    Doubles memory_;
    Prime prime_;
};

// The automorphism X -> X^element.
class PermutationTable {
  public:
    PermutationTable(const Path &path, std::size_t degree, std::uint32_t element);
    Permutation permutation() const { return { from_.data(), order_.data(), lanes_.data() }; }

  private:
    std::vector<std::uint16_t> from_;
    std::vector<std::uint8_t> order_;
    Doubles lanes_; // for their alignment
};

} // namespace seal_nn::kernels
