// SEAL's default generator, many blocks at a time: the same numbers from the same seed.
#pragma once

#include <seal/randomgen.h>

#include "path.h"

namespace seal_nn::kernels {

// BLAKE2X with the seed as key and a counter as input gives 4096 bytes: a root of 64 bytes, then so many blocks of 64
// bytes that depend on the root and on their number alone (Aumasson et al. 2016).
class Blake2xb final : public seal::UniformRandomGenerator {
  public:
    Blake2xb(const Path &path, const seal::prng_seed_type &seed) : UniformRandomGenerator(seed), path_(path) {}

  protected:
    seal::prng_type type() const noexcept override { return seal::prng_type::blake2xb; }
    void refill_buffer() override;

  private:
    const Path &path_;
    std::uint64_t counter_ = 0;
};

} // namespace seal_nn::kernels
