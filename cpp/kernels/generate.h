// Randomness for keys, from SEAL's own generators and distributions.
#pragma once

#include "context.h"

namespace seal_nn::kernels {

constexpr std::size_t SEED_WORDS = 8;

// Uniform residues modulo the primes of the extended base at a level, drawn from a seed: [prime][N], in transform order.
void sample_uniform(const Context &context, std::size_t level, const std::uint64_t *seed, std::uint64_t *to);

} // namespace seal_nn::kernels
