// Random numbers that can be repeated, for tests.
#pragma once

#include <seal/randomgen.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace seal_nn {

// A factory whose generators are SEAL's, the n-th seeded with (seed, n): the same calls in the same order give the same
// keys and ciphertexts. SEAL's own factory with a fixed seed gives every generator the same numbers, so that the
// difference of two encryptions would be transparent.
class SeedSequence : public seal::UniformRandomGeneratorFactory {
  public:
    explicit SeedSequence(std::uint64_t seed) : seal::UniformRandomGeneratorFactory({seed}) {}

  protected:
    std::shared_ptr<seal::UniformRandomGenerator> create_impl(seal::prng_seed_type seed) override {
        seed[1] = count_++;
        return std::make_shared<seal::Blake2xbPRNG>(seed);
    }

  private:
    std::atomic<std::uint64_t> count_{0};
};

} // namespace seal_nn
