#include "direct.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace seal_nn::kernels {

std::size_t direct_key_size(const Context &context, std::size_t level) {
    return 8 * (SEED_WORDS + context.extended_count(level) * context.degree());
}

DirectKeys::DirectKeys(const Context &context, std::size_t level, const std::vector<std::uint32_t> &elements,
                       const std::uint8_t *bytes)
    : level_(level), data_(context.extended_count(level) * elements.size() * 2 * context.degree()) {
    const std::size_t n = context.degree(), primes = context.extended_count(level);
    const std::vector<std::size_t> places = context.extended_places(level);
    std::vector<std::uint64_t> halves[2] = { std::vector<std::uint64_t>(primes * n), std::vector<std::uint64_t>(primes * n) };
    Doubles loaded(n);
    for (std::size_t j = 0; j < elements.size(); j++) {
        tables_.emplace_back(context.path(), n, elements[j]);
        std::uint64_t seed[SEED_WORDS];
        std::memcpy(seed, bytes, sizeof seed);
        std::memcpy(halves[0].data(), bytes + sizeof seed, 8 * primes * n);
        sample_uniform(context, places, generator_from(context, seed), halves[1].data());
        bytes += direct_key_size(context, level);
        for (std::size_t t = 0; t < primes; t++) {
            const Prime &prime = context.prime(places[t]);
            for (std::size_t h = 0; h < 2; h++) {
                const std::uint64_t *const residues = halves[h].data() + t * n;
                if (std::any_of(residues, residues + n, [&prime](std::uint64_t x) { return x >= prime.value; })) {
                    throw std::invalid_argument("a key with residues above their prime");
                }
                context.path().load(prime, residues, loaded.data());
                double *to = data_.data() + (t * n * elements.size() + j * KEY_BLOCK) * 2 + h * KEY_BLOCK;
                for (std::size_t i = 0; i < n; i += KEY_BLOCK, to += elements.size() * 2 * KEY_BLOCK) {
                    std::copy_n(loaded.data() + i, KEY_BLOCK, to);
                }
            }
        }
    }
}

std::vector<Permutation> DirectKeys::permutations() const {
    std::vector<Permutation> permutations;
    for (const PermutationTable &table : tables_) {
        permutations.push_back(table.permutation());
    }
    return permutations;
}

} // namespace seal_nn::kernels
