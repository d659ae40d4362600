// Direct keys: for polynomials whose coefficients are small beside P, and which are a digit of their own therefore.
//
// The key of s' encrypts P s' under s in all data primes at once, where other keys have one such encryption for each digit.
// Several of them, for automorphisms of one polynomial, lie as the digits of one key do: they are summed in one pass.
#pragma once

#include <vector>

#include "context.h"
#include "sample.h"

namespace seal_nn::kernels {

// One as it is sent: the seed of its uniform second half, and its first half in the residues of SEAL, [prime of the
// extended base][N].
std::size_t direct_key_size(const Context &context, std::size_t level);
// Draws one. `secret` are the residues of s modulo all primes of the context, `target` those of s' modulo the data primes,
// both in transform order. Noise of a switch: that of the division by P, and |c| / P times sigma sqrt(N).
void generate_direct_key(const Context &context, const std::uint64_t *secret, const std::uint64_t *target,
                         std::size_t level, const Generator &random, std::uint8_t *bytes);

// Keys of s'(X^element) for some elements, as they are used.
class DirectKeys {
  public:
    // Expands one key of `direct_key_size` for each element. Refuses residues above their primes.
    DirectKeys(const Context &context, std::size_t level, const std::vector<std::uint32_t> &elements,
               const std::uint8_t *bytes);

    std::size_t level() const { return level_; }
    std::size_t count() const { return tables_.size(); }
    std::vector<Permutation> permutations() const;
    // For the t-th prime of the extended base.
    KeyRow row(const Context &context, std::size_t t) const {
        return { data_.data() + t * context.degree() * count() * 2, count() };
    }

  private:
    std::size_t level_;
    std::vector<PermutationTable> tables_;
    Doubles data_;
};

} // namespace seal_nn::kernels
