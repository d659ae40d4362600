#include <seal/util/galois.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "direct.h"
#include "integers.h"
#include "keys.h"
#include "room.h"
#include "rows.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

// Encryptions with a secret key, given by its residues modulo all primes of the context.
class Encryptions {
  public:
    Encryptions(const Context &context, const std::uint64_t *secret, const std::vector<std::size_t> &places)
        : context_(context), secret_(secret), places_(places), memory_(4 * context.stride()),
          wiped_(memory_.data(), memory_.size()) {}

    // b = -(a s + e) + message(t, room) modulo the t-th prime, with SEAL's sign of the error; b holds a before.
    template <class Message>
    void encrypt(const Generator &random, const Message &message, std::uint64_t *b) {
        const Path &path = context_.path();
        const std::size_t n = context_.degree();
        const Rows rows(memory_.data(), context_.stride());
        Conversion error = {};
        error.count = 1, error.source[0] = rows[0];
        std::fill_n(rows[0], n, 0.0);
        add_error(context_, random, -1, rows[0]);
        for (std::size_t t = 0; t < places_.size(); t++, b += n) {
            const Prime &prime = context_.prime(places_[t]);
            const Addend added = message(t, rows[3]);
            const Factors product(b, secret_ + places_[t] * n);
            path.convert(prime, error, rows[1]);
            path.multiply_sum(prime, 1, &product, 0, rows[2]);
            path.finish(prime, rows[1], rows[2], 1, added, nullptr, b);
        }
    }

  private:
    const Context &context_;
    const std::uint64_t *const secret_;
    const std::vector<std::size_t> &places_;
    Doubles memory_;
    Wiped wiped_;
};

// A multiple of s' = s(X^element), or of s^2, modulo one prime.
Addend target(const Context &context, const std::uint64_t *secret, std::uint32_t element, std::size_t place,
              double multiple, double *room) {
    const std::uint64_t *const key = secret + place * context.degree();
    if (multiple == 0) {
        return {};
    }
    if (element == RELINEARISATION) {
        const Factors square(key, key);
        context.path().multiply_sum(context.prime(place), 1, &square, 0, room);
        return { nullptr, room, multiple };
    }
    auto *const moved = reinterpret_cast<std::uint64_t *>(room);
    context.seal().key_context_data()->galois_tool()->apply_galois_ntt(
        seal::util::ConstCoeffIter(key), element, seal::util::CoeffIter(moved));
    return { moved, nullptr, multiple };
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
template <class Message>
void fill(const Context &context, Encryptions &encryptions, const std::vector<std::size_t> &places, bool seeded,
          const Message &message, seal::PublicKey &key) {
    seal::Ciphertext &x = key.data();
    const std::size_t count = places.size() * context.degree();
    resize_unset(x, 2 * count);
    x.resize(context.seal(), context.seal().key_parms_id(), 2);
    x.is_ntt_form() = true, x.scale() = 1, x.correction_factor() = 1;
    const Generator random = new_generator(context);
    const Seed seed = draw_uniform(context, places, random, x.data(1));
    std::copy_n(x.data(1), count, x.data(0));
    encryptions.encrypt(random, message, x.data(0));
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
    Encryptions encryptions(context, secret.data().data(), places);
    for (std::size_t j = 0; j < digits; j++, seeds += sizeof(Seed), first += 8 * half.size()) {
        const Seed seed = draw_uniform(context, places, random, half.data());
        std::memcpy(seeds, seed.data(), sizeof seed);
        const auto message = [&](std::size_t t, double *room) {
            const bool in_digit = t <= level && t / context.special_count() == j;
            const double multiple = in_digit ? context.special().product(places[t]) : 0;
            return target(context, secret.data().data(), element, places[t], multiple, room);
        };
        encryptions.encrypt(random, message, half.data());
        std::memcpy(first, half.data(), 8 * half.size());
    }
}

void generate_direct_key(const Context &context, const std::uint64_t *secret, const std::uint64_t *target,
                         std::size_t level, const Generator &random, std::uint8_t *bytes) {
    const std::vector<std::size_t> places = context.extended_places(level);
    std::vector<std::uint64_t> half(places.size() * context.degree());
    const Seed seed = draw_uniform(context, places, random, half.data());
    const auto message = [&](std::size_t t, double *) {
        return t <= level ? Addend{ target + t * context.degree(), nullptr, context.special().product(t) } : Addend{};
    };
    Encryptions(context, secret, places).encrypt(random, message, half.data());
    std::memcpy(bytes, seed.data(), sizeof seed);
    std::memcpy(bytes + sizeof seed, half.data(), 8 * half.size());
}

std::vector<seal::PublicKey> generate_key_of_seal(
    const Context &context, const seal::SecretKey &secret, std::uint32_t element, bool seeded) {
    const std::vector<std::size_t> places = all_places(context);
    const std::size_t last = places.size() - 1;
    std::vector<seal::PublicKey> key(last);
    Encryptions encryptions(context, secret.data().data(), places);
    for (std::size_t j = 0; j < last; j++) {
        const auto message = [&](std::size_t t, double *room) {
            const std::uint64_t p = context.value(t), special = context.value(last);
            return target(context, secret.data().data(), element, t, t == j ? centred(special % p, p) : 0, room);
        };
        fill(context, encryptions, places, seeded, message, key[j]);
    }
    return key;
}

void generate_public_key(
    const Context &context, const seal::SecretKey &secret, bool seeded, seal::PublicKey &key) {
    const std::vector<std::size_t> places = all_places(context);
    Encryptions encryptions(context, secret.data().data(), places);
    fill(context, encryptions, places, seeded, [](std::size_t, double *) { return Addend{}; }, key);
}

} // namespace seal_nn::kernels
