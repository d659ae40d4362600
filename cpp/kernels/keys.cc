#include "keys.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "generate.h"

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

} // namespace

void SwitchingKey::start(const Context &context) {
    digits_ = context.digit_count(level_);
    data_ = Doubles(context.extended_count(level_) * digits_ * 2 * context.degree());
    moved_ = Doubles(2 * context.degree());
}

SwitchingKey::SwitchingKey(const Context &context, const SeededKey &key)
    : level_(key.level), permutation_(context.path(), context.degree(), checked(key.element, context.degree())),
      inverse_(context.path(), context.degree(), inverse_element(key.element, context.degree())) {
    if (level_ >= context.data_count()) {
        throw std::invalid_argument("a key above the modulus chain");
    }
    start(context);
    const std::size_t n = context.degree(), primes = context.extended_count(level_);
    if (key.seeds.size() != digits_ * SEED_WORDS || key.first.size() != digits_ * primes * n) {
        throw std::invalid_argument("a key of another size than its level's");
    }
    std::vector<std::uint64_t> second(primes * n);
    for (std::size_t j = 0; j < digits_; j++) {
        sample_uniform(context, level_, key.seeds.data() + j * SEED_WORDS, second.data());
        for (std::size_t t = 0; t < primes; t++) {
            const std::uint64_t *first = key.first.data() + (j * primes + t) * n;
            const std::uint64_t value = context.value(context.extended(level_, t));
            if (std::any_of(first, first + n, [value](std::uint64_t residue) { return residue >= value; })) {
                throw std::invalid_argument("a key with residues above their prime");
            }
            lay(context, j, t, 0, first);
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

void append_bytes(const SeededKey &key, std::vector<std::uint8_t> &bytes) {
    const auto append = [&](const auto *from, std::size_t count) {
        const auto *start = reinterpret_cast<const std::uint8_t *>(from);
        bytes.insert(bytes.end(), start, start + count * sizeof *from);
    };
    append(&key.element, 1);
    append(&key.level, 1);
    append(key.seeds.data(), key.seeds.size());
    append(key.first.data(), key.first.size());
}

void HybridKeys::add(const Context &context, const std::uint8_t *bytes, std::size_t count) {
    const auto take = [&](auto *to, std::size_t number) {
        if (count / sizeof *to < number) {
            throw std::invalid_argument("a key that ends early");
        }
        std::memcpy(to, bytes, number * sizeof *to);
        bytes += number * sizeof *to, count -= number * sizeof *to;
    };
    while (count != 0) {
        SeededKey key = {};
        take(&key.element, 1);
        take(&key.level, 1);
        if (key.level >= context.data_count()) {
            throw std::invalid_argument("a key above the modulus chain");
        }
        const std::size_t digits = context.digit_count(key.level);
        key.seeds.resize(digits * SEED_WORDS);
        take(key.seeds.data(), key.seeds.size());
        // Before memory is made for it.
        const std::size_t residues = digits * context.extended_count(key.level) * context.degree();
        if (count / sizeof(std::uint64_t) < residues) {
            throw std::invalid_argument("a key that ends early");
        }
        key.first.resize(residues);
        take(key.first.data(), key.first.size());
        check_path(context);
        keys_.insert_or_assign(key.element, SwitchingKey(context, key));
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
