// Fresh ciphertexts from the seeds of their second halves.
#include <cstring>
#include <stdexcept>

#include "hybrid.h"
#include "seeded.h"

namespace seal_nn::kernels {

void HybridEvaluator::expand(const std::uint8_t *bytes, std::size_t count, seal::Ciphertext &to) const {
    seal::parms_id_type identity;
    double scale;
    if (count < SeededLayout::RESIDUES) {
        throw std::invalid_argument("a ciphertext that ends early");
    }
    std::memcpy(identity.data(), bytes + SeededLayout::IDENTITY, sizeof identity);
    std::memcpy(&scale, bytes + SeededLayout::SCALE, sizeof scale);
    const auto data = context_.seal().get_context_data(identity);
    if (!data || data->chain_index() >= context_.data_count()) {
        throw std::invalid_argument("a ciphertext of another chain");
    }
    const std::size_t level = data->chain_index(), half = (level + 1) * context_.degree();
    const SeededLayout layout(half);
    if (count != layout.size()) {
        throw std::invalid_argument("a ciphertext without a seed");
    }
    if (bytes[layout.kind()] != static_cast<std::uint8_t>(seal::prng_type::blake2xb)) {
        to.load(context_.seal(), reinterpret_cast<const seal::seal_byte *>(bytes), count);
        return;
    }
    std::uint64_t seed[SEED_WORDS];
    std::memcpy(seed, bytes + layout.seed(), sizeof seed);
    shape(level, scale, to);
    std::memcpy(to.data(0), bytes + SeededLayout::RESIDUES, half * 8);
    sample_uniform(context_, context_.data_places(level), generator_from(context_, seed), to.data(1));
}

} // namespace seal_nn::kernels
