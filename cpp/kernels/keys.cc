#include "keys.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace seal_nn::kernels {

namespace {

std::uint32_t inverse_element(std::uint32_t element, std::size_t degree) {
    // The units modulo 2N have order N/2.
    std::uint64_t inverse = 1;
    for (std::uint64_t exponent = degree / 2 - 1, base = element; exponent != 0; exponent >>= 1) {
        if (exponent & 1) {
            inverse = inverse * base % (2 * degree);
        }
        base = base * base % (2 * degree);
    }
    return static_cast<std::uint32_t>(inverse);
}

std::uint32_t checked(std::uint32_t element, std::size_t degree) {
    if (element % 2 == 0 || element >= 2 * degree) {
        throw std::invalid_argument("no automorphism of the ring");
    }
    return element;
}

// What every key begins with.
struct Head {
    std::uint32_t element, level;
};

Head head_of(const std::uint8_t *bytes, std::size_t count) {
    Head head;
    if (count < sizeof head) {
        throw std::invalid_argument("a key that ends early");
    }
    std::memcpy(&head, bytes, sizeof head);
    return head;
}

} // namespace

std::size_t key_size(const Context &context, std::size_t level) {
    const std::size_t residues = context.extended_count(level) * context.degree();
    return sizeof(Head) + context.digit_count(level) * 8 * (SEED_WORDS + residues);
}

void SwitchingKey::start(const Context &context) {
    digits_ = context.digit_count(level_);
    data_ = Doubles(context.extended_count(level_) * digits_ * 2 * context.degree());
    moved_ = Doubles(2 * context.degree());
}

SwitchingKey::SwitchingKey(const Context &context, const std::uint8_t *bytes, std::size_t size)
    : level_(head_of(bytes, size).level),
      permutation_(context.path(), context.degree(), checked(head_of(bytes, size).element, context.degree())),
      inverse_(context.path(), context.degree(), inverse_element(head_of(bytes, size).element, context.degree())) {
    if (level_ >= context.data_count() || size != key_size(context, level_)) {
        throw std::invalid_argument("a key above the modulus chain, or of another size than its level's");
    }
    start(context);
    const std::size_t n = context.degree(), primes = context.extended_count(level_);
    const std::vector<std::size_t> places = context.extended_places(level_);
    const std::uint8_t *seeds = bytes + sizeof(Head), *residues = seeds + digits_ * SEED_WORDS * 8;
    std::vector<std::uint64_t> first(n), second(primes * n);
    for (std::size_t j = 0; j < digits_; j++, seeds += SEED_WORDS * 8) {
        std::uint64_t seed[SEED_WORDS];
        std::memcpy(seed, seeds, sizeof seed);
        sample_uniform(context, places, generator_from(context, seed), second.data());
        for (std::size_t t = 0; t < primes; t++, residues += 8 * n) {
            std::memcpy(first.data(), residues, 8 * n);
            const std::uint64_t value = context.value(places[t]);
            if (std::any_of(first.begin(), first.end(), [value](std::uint64_t x) { return x >= value; })) {
                throw std::invalid_argument("a key with residues above their prime");
            }
            lay(context, j, t, 0, first.data());
            lay(context, j, t, 1, second.data() + t * n);
        }
    }
    moved_ = Doubles();
}

SwitchingKey::SwitchingKey(const Context &context, const std::vector<seal::PublicKey> &key, std::uint32_t element)
    : level_(context.data_count() - 1),
      permutation_(context.path(), context.degree(), checked(element, context.degree())),
      inverse_(context.path(), context.degree(), inverse_element(element, context.degree())) {
    start(context);
    const std::size_t n = context.degree(), primes = context.extended_count(level_);
    if (context.special_count() != 1 || key.size() != digits_) {
        throw std::invalid_argument("SEAL's keys are for one special prime");
    }
    for (std::size_t j = 0; j < digits_; j++) {
        for (std::size_t h = 0; h < 2; h++) {
            for (std::size_t t = 0; t < primes; t++) {
                lay(context, j, t, h, key[j].data().data(h) + t * n);
            }
        }
    }
    moved_ = Doubles();
}

void SwitchingKey::lay(
    const Context &context, std::size_t j, std::size_t t, std::size_t h, const std::uint64_t *residues) {
    const std::size_t n = context.degree();
    const Prime &prime = context.prime(context.extended(level_, t));
    double *loaded = moved_.data(), *moved = loaded + n;
    context.path().load(prime, residues, loaded);
    context.path().permute(prime, inverse_.permutation(), loaded, moved);
    double *to = data_.data() + t * n * digits_ * 2 + (2 * j + h) * KEY_BLOCK;
    for (std::size_t i = 0; i < n; i += KEY_BLOCK, to += digits_ * 2 * KEY_BLOCK) {
        std::copy_n(moved + i, KEY_BLOCK, to);
    }
}

KeyRow SwitchingKey::row(const Context &context, std::size_t level, std::size_t t) const {
    const std::size_t at = t <= level ? t : t + level_ - level; // special primes lie behind all of the key's own
    return { data_.data() + at * context.degree() * digits_ * 2, digits_ };
}

void HybridKeys::add(const Context &context, const std::uint8_t *bytes, std::size_t count) {
    while (count != 0) {
        const Head head = head_of(bytes, count);
        if (head.level >= context.data_count()) {
            throw std::invalid_argument("a key above the modulus chain");
        }
        const std::size_t size = key_size(context, head.level);
        if (count < size) { // before memory is made for it
            throw std::invalid_argument("a key that ends early");
        }
        check_path(context);
        keys_.insert_or_assign(head.element, SwitchingKey(context, bytes, size));
        bytes += size, count -= size;
    }
}

std::size_t HybridKeys::levels(std::uint32_t element) const {
    const auto found = keys_.find(element);
    return found == keys_.end() ? 0 : found->second.level() + 1;
}

void HybridKeys::add_of_seal(
    const Context &context, const std::vector<seal::PublicKey> &key, std::uint32_t element) {
    check_path(context);
    keys_.insert_or_assign(element, SwitchingKey(context, key, element));
}

void HybridKeys::check_path(const Context &context) {
    if (path_ != nullptr && path_ != &context.path()) {
        throw std::invalid_argument("keys of another code path");
    }
    path_ = &context.path();
}

const SwitchingKey &HybridKeys::at(const Context &context, std::uint32_t element, std::size_t level) const {
    if (path_ != &context.path()) {
        throw std::invalid_argument("keys of another code path");
    }
    const auto found = keys_.find(element);
    if (found == keys_.end() || found->second.level() < level) {
        throw std::invalid_argument("no key for this operation at this level");
    }
    return found->second;
}

} // namespace seal_nn::kernels
