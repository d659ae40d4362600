// Fresh ciphertexts from the seeds of their second halves.
#include <seal/serialization.h>
#include <seal/util/rlwe.h>

#include <cstring>
#include <stdexcept>

#include "blake2.h"
#include "hybrid.h"

namespace seal_nn::kernels {

namespace {

constexpr std::size_t HEADER = sizeof(seal::Serialization::SEALHeader);
// As Ciphertext::save_members writes them: identity, form, three sizes, scale and correction factor, then an array.
constexpr std::size_t IDENTITY_AT = HEADER, SCALE_AT = IDENTITY_AT + 32 + 1 + 3 * 8,
                      RESIDUES_AT = SCALE_AT + 2 * 8 + HEADER + 8;
// The header of the seed, and which generator takes it.
constexpr std::size_t SEED_BEHIND = HEADER + 1;

} // namespace

void HybridEvaluator::expand(const std::uint8_t *bytes, std::size_t count, seal::Ciphertext &to) const {
    seal::parms_id_type identity;
    double scale;
    seal::prng_seed_type seed;
    if (count < RESIDUES_AT) {
        throw std::invalid_argument("a ciphertext that ends early");
    }
    std::memcpy(identity.data(), bytes + IDENTITY_AT, sizeof identity);
    std::memcpy(&scale, bytes + SCALE_AT, sizeof scale);
    const auto data = context_.seal().get_context_data(identity);
    if (!data || data->chain_index() >= context_.data_count()) {
        throw std::invalid_argument("a ciphertext of another chain");
    }
    const std::size_t half = (data->chain_index() + 1) * context_.degree(), seed_at = RESIDUES_AT + half * 8 + SEED_BEHIND;
    if (count != seed_at + sizeof seed) {
        throw std::invalid_argument("a ciphertext without a seed");
    }
    if (bytes[seed_at - 1] != static_cast<std::uint8_t>(seal::prng_type::blake2xb)) {
        to.load(context_.seal(), reinterpret_cast<const seal::seal_byte *>(bytes), count);
        return;
    }
    std::memcpy(seed.data(), bytes + seed_at, sizeof seed);
    shape(data->chain_index(), scale, to);
    std::memcpy(to.data(0), bytes + RESIDUES_AT, half * 8);
    seal::util::sample_poly_uniform(std::make_shared<Blake2xb>(context_.path(), seed), data->parms(), to.data(1));
}

} // namespace seal_nn::kernels
