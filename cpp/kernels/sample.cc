#include "sample.h"

#include <cstring>
#include <limits>
#include <random>

#include "blake2.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

void draw(const Generator &random, std::size_t bytes, void *to) {
    random->generate(bytes, static_cast<seal::seal_byte *>(to));
}

// Bits set in each half of a word of two 32-bit halves, without the processor's own instruction, which not all have.
std::uint64_t bits_in_halves(std::uint64_t x) {
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F;
    x += x >> 8;
    return (x + (x >> 16)) & 0x0000003F0000003F;
}

} // namespace

Generator new_generator(const Context &context) {
    Generator seals = context.seal().key_context_data()->parms().random_generator()->create();
    const seal::UniformRandomGeneratorInfo info = seals->info(); // clears itself
    if (info.type() != seal::prng_type::blake2xb) {
        return seals;
    }
    return std::make_shared<Blake2xb>(context.path(), info.seed());
}

Generator generator_from(const Context &context, const std::uint64_t *seed) {
    seal::prng_seed_type words;
    std::copy_n(seed, SEED_WORDS, words.begin());
    return std::make_shared<Blake2xb>(context.path(), words);
}

// As seal::util::sample_poly_uniform: words that would favour small remainders are drawn anew, behind all others.
void sample_uniform(const Context &context, const std::vector<std::size_t> &places, const Generator &random,
                    std::uint64_t *to) {
    const std::size_t n = context.degree();
    draw(random, places.size() * n * sizeof *to, to);
    for (std::size_t place : places) {
        const std::uint64_t most = ~std::uint64_t(0), limit = most - most % context.value(place) - 1;
        for (std::size_t i = 0; i < n; i++) {
            while (to[i] >= limit) {
                draw(random, sizeof *to, to + i);
            }
        }
        context.path().reduce_words(context.prime(place), to);
        to += n;
    }
}

// As seal::util::sample_poly_ternary, which asks the C++ library for numbers from 0 to 2.
void sample_ternary(const Context &context, const Generator &random, double *to) {
    // Words for all numbers at once; for one that the library draws anew, another.
    class Words {
      public:
        using result_type = std::uint32_t;
        Words(const Generator &random, std::size_t count) : random_(random), words_(count) {
            draw(random, count * sizeof(result_type), words_.data());
        }
        ~Words() { seal::util::seal_memzero(words_.data(), words_.size() * sizeof(result_type)); }
        static constexpr result_type min() { return 0; }
        static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
        result_type operator()() { return next_ < words_.size() ? words_[next_++] : random_->generate(); }

      private:
        const Generator &random_;
        std::vector<result_type> words_;
        std::size_t next_ = 0;
    } words(random, context.degree());
    std::uniform_int_distribution<std::uint64_t> numbers(0, 2);
    for (std::size_t i = 0; i < context.degree(); i++) {
        to[i] = static_cast<double>(numbers(words)) - 1;
    }
}

// As seal::util::sample_poly_cbd: 21 of every 24 bits count.
void add_error(const Context &context, const Generator &random, double sign, double *to) {
    constexpr std::size_t each = 6, most = 512;
    std::uint8_t bytes[most * each + 2];
    for (std::size_t i = 0; i < context.degree(); i += most) {
        draw(random, most * each, bytes);
        for (std::size_t k = 0; k < most; k++) {
            std::uint64_t coins;
            std::memcpy(&coins, bytes + k * each, sizeof coins);
            const std::uint64_t counts = bits_in_halves((coins & 0x1FFFFF) | (coins & 0x1FFFFF000000) << 8);
            const auto heads = static_cast<std::int64_t>(counts & 0x3F), tails = static_cast<std::int64_t>(counts >> 32);
            to[i + k] += sign * static_cast<double>(heads - tails);
        }
    }
    seal::util::seal_memzero(bytes, sizeof bytes);
}

} // namespace seal_nn::kernels
