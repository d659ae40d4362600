#include <seal/util/galois.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "integers.h"
#include "keys.h"
#include "rows.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

// P modulo a data prime.
double special_product(const Context &context, std::uint64_t p) {
    std::uint64_t product = 1;
    for (std::size_t k = context.data_count(); k < context.prime_count(); k++) {
        product = multiply_mod(product, context.value(k) % p, p);
    }
    return centred(product, p);
}

} // namespace

void generate_key(const Context &context, const seal::SecretKey &secret, std::uint32_t element, std::size_t level,
                  const Generator &random, std::uint8_t *bytes, std::size_t size) {
    if (level >= context.data_count() || size != key_size(context, level)) {
        throw std::invalid_argument("a key above the modulus chain, or room of another size than the key's");
    }
    const Path &path = context.path();
    const std::size_t n = context.degree(), primes = context.extended_count(level), digits = context.digit_count(level);
    const std::uint32_t head[2] = { element, static_cast<std::uint32_t>(level) };
    std::memcpy(bytes, head, sizeof head);
    std::uint8_t *seeds = bytes + sizeof head, *first = seeds + digits * SEED_WORDS * 8;

    const std::vector<std::size_t> places = context.extended_places(level);
    std::vector<std::uint64_t> a(primes * n);
    Doubles memory(4 * context.stride());
    const Wiped wiped(memory.data(), memory.size());
    const Rows rows(memory.data(), context.stride());
    double *const error = rows[0];
    auto *const target = reinterpret_cast<std::uint64_t *>(rows[3]);
    Conversion copy = {};
    copy.count = 1, copy.source[0] = error;
    for (std::size_t j = 0; j < digits; j++, seeds += SEED_WORDS * 8) {
        std::uint64_t seed[SEED_WORDS];
        random->generate(sizeof seed, reinterpret_cast<seal::seal_byte *>(seed));
        std::memcpy(seeds, seed, sizeof seed);
        sample_uniform(context, places, generator_from(context, seed), a.data());
        std::fill_n(error, n, 0.0);
        add_error(context, random, -1, error);
        for (std::size_t t = 0; t < primes; t++, first += 8 * n) {
            const std::size_t place = places[t];
            const Prime &prime = context.prime(place);
            const std::uint64_t *const s = secret.data().data() + place * n;
            std::uint64_t *const b = a.data() + t * n;
            Addend added = {}; // P s' in the residues of the digit
            if (t <= level && t / context.special_count() == j) {
                if (element == RELINEARISATION) {
                    const Factors square(s, s);
                    path.multiply_sum(prime, 1, &square, 0, rows[3]);
                    added.reduced = rows[3];
                } else {
                    context.seal().key_context_data()->galois_tool()->apply_galois_ntt(
                        seal::util::ConstCoeffIter(s), element, seal::util::CoeffIter(target));
                    added.residues = target;
                }
                added.factor = special_product(context, prime.value);
            }
            // b = -(a s + e) + P s', with SEAL's sign of the error.
            const Factors product(b, s);
            path.convert(prime, copy, rows[1]);
            path.multiply_sum(prime, 1, &product, 0, rows[2]);
            path.finish(prime, rows[1], rows[2], 1, added, nullptr, b);
            std::memcpy(first, b, 8 * n);
        }
    }
}

} // namespace seal_nn::kernels
