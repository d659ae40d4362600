// Random polynomials of SEAL's distributions from SEAL's generators: the same numbers in the same order, but faster.
#pragma once

#include <seal/randomgen.h>

#include <memory>
#include <vector>

#include "context.h"

namespace seal_nn::kernels {

using Generator = std::shared_ptr<seal::UniformRandomGenerator>;

constexpr std::size_t SEED_WORDS = seal::prng_seed_uint64_count;

// SEAL's next generator, which in a context with a seed follows from it.
Generator new_generator(const Context &context);
// SEAL's default one from a seed.
Generator generator_from(const Context &context, const std::uint64_t *seed);

// Uniform residues modulo the primes at these places, in transform order: [place][N].
void sample_uniform(const Context &context, const std::vector<std::size_t> &places, const Generator &random,
                    std::uint64_t *to);

// -1, 0 and 1 with the same probability.
void sample_ternary(const Context &context, const Generator &random, double *to);
// to = to + sign e with an error e: centred binomial, 21 coins on each side, so that its variance is 10.5.
void add_error(const Context &context, const Generator &random, double sign, double *to);

} // namespace seal_nn::kernels
