#include <seal/util/galois.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "integers.h"
#include "keys.h"
#include "room.h"
#include "rows.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

// Encryptions of zero with the secret key, to which a multiple of s' is added modulo some primes.
class Encryptions {
  public:
    Encryptions(const Context &context, const seal::SecretKey &secret, std::uint32_t element,
                const std::vector<std::size_t> &places)
        : context_(context), secret_(secret), element_(element), places_(places), memory_(4 * context.stride()),
          wiped_(memory_.data(), memory_.size()) {}

    // b = -(a s + e) + factor(t) s' modulo the t-th prime, with SEAL's sign of the error; b holds a before.
    template <class Factor>
    void encrypt(const Generator &random, const Factor &factor, std::uint64_t *b) {
        const Path &path = context_.path();
        const std::size_t n = context_.degree();
        const Rows rows(memory_.data(), context_.stride());
        Conversion error = {};
        error.count = 1, error.source[0] = rows[0];
        std::fill_n(rows[0], n, 0.0);
        add_error(context_, random, -1, rows[0]);
        for (std::size_t t = 0; t < places_.size(); t++, b += n) {
            const Prime &prime = context_.prime(places_[t]);
            const double multiple = factor(t);
            const Addend added = multiple == 0 ? Addend{} : target(places_[t], multiple, rows[3]);
            const Factors product(b, key(places_[t]));
            path.convert(prime, error, rows[1]);
            path.multiply_sum(prime, 1, &product, 0, rows[2]);
            path.finish(prime, rows[1], rows[2], 1, added, nullptr, b);
        }
    }

  private:
    const std::uint64_t *key(std::size_t place) const { return secret_.data().data() + place * context_.degree(); }

    // A multiple of s'.
    Addend target(std::size_t place, double multiple, double *room) const {
        if (element_ == RELINEARISATION) {
            const Factors square(key(place), key(place));
            context_.path().multiply_sum(context_.prime(place), 1, &square, 0, room);
            return { nullptr, room, multiple };
        }
        auto *const moved = reinterpret_cast<std::uint64_t *>(room);
        context_.seal().key_context_data()->galois_tool()->apply_galois_ntt(
            seal::util::ConstCoeffIter(key(place)), element_, seal::util::CoeffIter(moved));
        return { moved, nullptr, multiple };
    }

    const Context &context_;
    const seal::SecretKey &secret_;
    std::uint32_t element_;
    const std::vector<std::size_t> &places_;
    Doubles memory_;
    Wiped wiped_;
};

// The product of some primes modulo one, centred.
double product_of(const Context &context, std::size_t first, std::uint64_t p) {
    std::uint64_t product = 1;
    for (std::size_t k = first; k < context.prime_count(); k++) {
        product = multiply_mod(product, context.value(k) % p, p);
    }
    return centred(product, p);
}

using Seed = std::array<std::uint64_t, SEED_WORDS>;

// A seed, and the uniform polynomial that is drawn from it.
Seed draw_uniform(const Context &context, const std::vector<std::size_t> &places, const Generator &random,
                  std::uint64_t *to) {
    Seed seed;
    random->generate(sizeof seed, reinterpret_cast<seal::seal_byte *>(seed.data()));
    sample_uniform(context, places, generator_from(context, seed.data()), to);
    return seed;
}

std::vector<std::size_t> all_places(const Context &context) {
    return context.extended_places(context.data_count() - 1);
}

// A ciphertext over all primes, as SEAL's keys consist of.
template <class Factor>
void fill(const Context &context, Encryptions &encryptions, const std::vector<std::size_t> &places, bool seeded,
          const Factor &factor, seal::PublicKey &key) {
    seal::Ciphertext &x = key.data();
    const std::size_t count = places.size() * context.degree();
    resize_unset(x, 2 * count);
    x.resize(context.seal(), context.seal().key_parms_id(), 2);
    x.is_ntt_form() = true, x.scale() = 1, x.correction_factor() = 1;
    const Generator random = new_generator(context);
    const Seed seed = draw_uniform(context, places, random, x.data(1));
    std::copy_n(x.data(1), count, x.data(0));
    encryptions.encrypt(random, factor, x.data(0));
    if (seeded) { // as encrypt_zero_symmetric leaves it for Ciphertext::save_members
        const seal::UniformRandomGeneratorInfo info(seal::prng_type::blake2xb, seed);
        x.data(1)[0] = ~std::uint64_t(0);
        info.save(reinterpret_cast<seal::seal_byte *>(x.data(1) + 1),
                  static_cast<std::size_t>(seal::UniformRandomGeneratorInfo::SaveSize(seal::compr_mode_type::none)),
                  seal::compr_mode_type::none);
    }
}

} // namespace

void generate_key(const Context &context, const seal::SecretKey &secret, std::uint32_t element, std::size_t level,
                  const Generator &random, std::uint8_t *bytes, std::size_t size) {
    if (level >= context.data_count() || size != key_size(context, level)) {
        throw std::invalid_argument("a key above the modulus chain, or room of another size than the key's");
    }
    const std::size_t digits = context.digit_count(level);
    const std::uint32_t head[2] = { element, static_cast<std::uint32_t>(level) };
    std::memcpy(bytes, head, sizeof head);
    std::uint8_t *seeds = bytes + sizeof head, *first = seeds + digits * sizeof(Seed);

    const std::vector<std::size_t> places = context.extended_places(level);
    std::vector<std::uint64_t> half(places.size() * context.degree());
    Encryptions encryptions(context, secret, element, places);
    for (std::size_t j = 0; j < digits; j++, seeds += sizeof(Seed), first += 8 * half.size()) {
        const Seed seed = draw_uniform(context, places, random, half.data());
        std::memcpy(seeds, seed.data(), sizeof seed);
        const auto factor = [&](std::size_t t) {
            const bool in_digit = t <= level && t / context.special_count() == j;
            return in_digit ? product_of(context, context.data_count(), context.value(places[t])) : 0;
        };
        encryptions.encrypt(random, factor, half.data());
        std::memcpy(first, half.data(), 8 * half.size());
    }
}

std::vector<seal::PublicKey> generate_key_of_seal(
    const Context &context, const seal::SecretKey &secret, std::uint32_t element, bool seeded) {
    const std::vector<std::size_t> places = all_places(context);
    const std::size_t last = places.size() - 1;
    std::vector<seal::PublicKey> key(last);
    Encryptions encryptions(context, secret, element, places);
    for (std::size_t j = 0; j < last; j++) {
        const auto factor = [&](std::size_t t) { return t == j ? product_of(context, last, context.value(t)) : 0; };
        fill(context, encryptions, places, seeded, factor, key[j]);
    }
    return key;
}

void generate_public_key(
    const Context &context, const seal::SecretKey &secret, bool seeded, seal::PublicKey &key) {
    const std::vector<std::size_t> places = all_places(context);
    Encryptions encryptions(context, secret, RELINEARISATION, places);
    fill(context, encryptions, places, seeded, [](std::size_t) { return 0.0; }, key);
}

} // namespace seal_nn::kernels
