#include "generate.h"

#include <seal/dynarray.h>
#include <seal/util/galois.h>
#include <seal/util/ntt.h>
#include <seal/util/rlwe.h>

#include <algorithm>

#include "blake2.h"
#include "integers.h"
#include "keys.h"

namespace seal_nn::kernels {

namespace {

// For SEAL's samplers, which ask for the degree and the primes only.
seal::EncryptionParameters extended_parameters(const Context &context, std::size_t level) {
    // Copies of SEAL's: one made from a number is tried for primality, at length.
    const auto &all = context.seal().key_context_data()->parms().coeff_modulus();
    std::vector<seal::Modulus> primes;
    for (std::size_t t = 0; t < context.extended_count(level); t++) {
        primes.push_back(all[context.extended(level, t)]);
    }
    seal::EncryptionParameters parameters(seal::scheme_type::ckks);
    parameters.set_poly_modulus_degree(context.degree());
    parameters.set_coeff_modulus(primes);
    return parameters;
}

// Memory that is cleared when it goes: for what tells of the secret key.
seal::DynArray<std::uint64_t> secret_memory(std::size_t count) {
    return seal::DynArray<std::uint64_t>(count, seal::MemoryManager::GetPool(seal::mm_prof_opt::mm_force_new, true));
}

} // namespace

void sample_uniform(const Context &context, std::size_t level, const std::uint64_t *seed, std::uint64_t *to) {
    seal::prng_seed_type words;
    std::copy_n(seed, SEED_WORDS, words.begin());
    seal::util::sample_poly_uniform(
        std::make_shared<Blake2xb>(context.path(), words), extended_parameters(context, level), to);
}

std::shared_ptr<seal::UniformRandomGenerator> new_generator(const Context &context) {
    return context.seal().key_context_data()->parms().random_generator()->create();
}

SeededKey generate_key(const Context &context, const seal::SecretKey &secret, std::uint32_t element, std::size_t level,
                       const std::shared_ptr<seal::UniformRandomGenerator> &random) {
    const std::size_t n = context.degree(), primes = context.extended_count(level), digits = context.digit_count(level);
    SeededKey key = { element, static_cast<std::uint32_t>(level), {}, {} };
    key.seeds.resize(digits * SEED_WORDS);
    key.first.resize(digits * primes * n);

    const auto parameters = extended_parameters(context, level);
    const auto &seal_data = *context.seal().key_context_data();
    auto error = secret_memory(primes * n), target = secret_memory(n);
    for (std::size_t j = 0; j < digits; j++) {
        std::uint64_t *const seed = key.seeds.data() + j * SEED_WORDS, *const first = key.first.data() + j * primes * n;
        random->generate(SEED_WORDS * sizeof(std::uint64_t), reinterpret_cast<seal::seal_byte *>(seed));
        sample_uniform(context, level, seed, first);
        seal::util::sample_poly_cbd(random, parameters, error.begin());
        for (std::size_t t = 0; t < primes; t++) {
            const std::size_t place = context.extended(level, t);
            const std::uint64_t p = context.value(place);
            const std::uint64_t *const s = secret.data().data() + place * n;
            std::uint64_t *const e = error.begin() + t * n, *const b = first + t * n;
            seal::util::ntt_negacyclic_harvey(e, seal_data.small_ntt_tables()[place]);
            // b = -(a s + e), SEAL's sign.
            for (std::size_t i = 0; i < n; i++) {
                const std::uint64_t sum = multiply_mod(b[i], s[i], p) + e[i];
                b[i] = (2 * p - sum) % p;
            }
            if (t > level || t / context.special_count() != j) {
                continue;
            }
            if (element == RELINEARISATION) {
                std::transform(s, s + n, s, target.begin(),
                               [p](std::uint64_t x, std::uint64_t y) { return multiply_mod(x, y, p); });
            } else {
                seal_data.galois_tool()->apply_galois_ntt(
                    seal::util::ConstCoeffIter(s), element, seal::util::CoeffIter(target.begin()));
            }
            std::uint64_t product = 1; // P
            for (std::size_t k = context.data_count(); k < context.prime_count(); k++) {
                product = multiply_mod(product, context.value(k) % p, p);
            }
            for (std::size_t i = 0; i < n; i++) {
                b[i] = (b[i] + multiply_mod(product, target[i], p)) % p;
            }
        }
    }
    return key;
}

} // namespace seal_nn::kernels
