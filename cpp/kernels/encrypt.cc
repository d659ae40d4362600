// Encryption of real vectors, with the secret key and with the public key.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hybrid.h"
#include "integers.h"
#include "seeded.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

// e = e - (x + e mod p), centred; x is centred too, and e small.
void subtract_remainder(const Prime &prime, const double *x, std::size_t count, double *e) {
    const double most = (prime.p - 1) / 2;
    for (std::size_t i = 0; i < count; i++) {
        double remainder = x[i] + e[i];
        remainder -= remainder > most ? prime.p : 0;
        remainder += remainder < -most ? prime.p : 0;
        e[i] -= remainder;
    }
}

} // namespace

std::size_t HybridEvaluator::seeded_size(std::size_t level) const {
    return SeededLayout((level + 1) * context_.degree()).size();
}

bool HybridEvaluator::encrypt(const seal::SecretKey &secret, const double *values, std::size_t count, std::size_t level,
                              double scale, double most, std::uint8_t *bytes, std::size_t size) const {
    const std::size_t n = context_.degree(), stride = context_.stride();
    check_slots(count, level);
    const SeededLayout layout((level + 1) * n);
    if (size != layout.size()) {
        throw std::invalid_argument("room of another size than the ciphertext's");
    }
    ScratchPool::Lease shared(scratch_);
    // (m - e) - a s, so that the error shares the transform of the message.
    double *const c = shared->coefficients.at_least(stride);
    const Wiped wiped(c, stride);
    if (!coefficients(values, count, scale, most, c)) {
        return false;
    }
    layout.write(context_.of_level(level), scale, bytes);

    // The seed and then the error from one generator, as in SEAL's encrypt_zero_symmetric.
    const Generator random = new_generator(context_);
    std::uint64_t seed[SEED_WORDS];
    random->generate(sizeof seed, reinterpret_cast<seal::seal_byte *>(seed));
    std::memcpy(bytes + layout.seed(), seed, sizeof seed);

    add_error(context_, random, -1, c);
    auto *const a = reinterpret_cast<std::uint64_t *>(shared->digits.at_least((level + 1) * n));
    sample_uniform(context_, context_.data_places(level), generator_from(context_, seed), a);

    Conversion copy = {};
    copy.count = 1, copy.source[0] = c;
    with_team(level, [&](Team &team) {
        team.each(level + 1, [&](std::size_t i) {
            const Path &path = context_.path();
            const Prime &prime = context_.prime(i);
            ScratchPool::Lease own(scratch_);
            const Rows row(own->sums.at_least(2 * stride), stride);
            const Wiped wiped(row[0], 2 * stride);
            auto *const residues = reinterpret_cast<std::uint64_t *>(own->quotient.at_least(n));
            const Factors product(a, secret.data().data());
            path.convert(prime, copy, row[0]);
            path.multiply_sum(prime, 1, &product, i * n, row[1]);
            path.finish(prime, row[0], row[1], 1, {}, nullptr, residues);
            // Whose place is not aligned.
            std::memcpy(bytes + SeededLayout::RESIDUES + 8 * i * n, residues, 8 * n);
        });
    });
    return true;
}

bool HybridEvaluator::encrypt(const seal::PublicKey &key, const double *values, std::size_t count, std::size_t level,
                              double scale, double most, seal::Ciphertext &to) const {
    const Path &path = context_.path();
    const std::size_t n = context_.degree(), stride = context_.stride(), above = level + 1;
    check_slots(count, level);
    ScratchPool::Lease shared(scratch_);
    // The message, u, both errors, and u transformed modulo the prime above; then nothing.
    const Rows rows(shared->coefficients.at_least(7 * stride), stride);
    const Wiped wiped(rows[0], 7 * stride);
    double *const message = rows[0], *const u = rows[1], *const zero = rows[6];
    if (!coefficients(values, count, scale, most, message)) {
        return false;
    }
    // In the order of SEAL's encrypt_zero_asymmetric.
    const Generator random = new_generator(context_);
    sample_ternary(context_, random, u);
    for (std::size_t h = 0; h < 2; h++) {
        std::fill_n(rows[2 + h], n, 0.0);
        add_error(context_, random, 1, rows[2 + h]);
    }
    std::fill_n(zero, n, 0.0);
    Conversion copy = {};
    copy.count = 1, copy.source[0] = u;
    // u times one half of the key modulo a prime, in transform order.
    const auto product = [&](std::size_t place, std::size_t h, const std::uint64_t *transformed, double *result) {
        const Factors factors(transformed, key.data().data(h) + place * n);
        path.multiply_sum(context_.prime(place), 1, &factors, 0, result);
    };
    // c = u k + e modulo the primes up to the one above the level, divided by that one: what is subtracted for it, centred,
    // is joined with e before the transform.
    auto *const transformed = reinterpret_cast<std::uint64_t *>(rows[4]);
    path.convert(context_.prime(above), copy, rows[5]);
    path.store(context_.prime(above), rows[5], transformed);
    for (std::size_t h = 0; h < 2; h++) {
        product(above, h, transformed, zero);
        path.backward(context_.prime(above), zero, 1, rows[5]);
        subtract_remainder(context_.prime(above), rows[5], n, rows[2 + h]);
    }
    std::fill_n(zero, n, 0.0);

    shape(level, scale, to);
    with_team(level, [&](Team &team) {
        team.each(level + 1, [&](std::size_t i) {
            const Prime &prime = context_.prime(i);
            const std::uint64_t divisor = context_.value(above) % prime.value;
            const double inverse = centred(inverse_mod(divisor, prime.value), prime.value);
            ScratchPool::Lease own(scratch_);
            const Rows room(own->sums.at_least(3 * stride), stride);
            const Wiped wiped_room(room[0], 3 * stride);
            auto *const moved = reinterpret_cast<std::uint64_t *>(room[0]);
            path.convert(prime, copy, room[1]);
            path.store(prime, room[1], moved);
            for (std::size_t h = 0; h < 2; h++) {
                Conversion sum = {};
                sum.count = 2;
                sum.source[0] = rows[2 + h], sum.factor[0] = inverse;
                sum.source[1] = h == 0 ? message : zero, sum.factor[1] = 1;
                path.convert(prime, sum, room[1]);
                product(i, h, moved, room[2]);
                path.finish(prime, room[1], zero, 1, { nullptr, room[2], inverse }, nullptr, to.data(h) + i * n);
            }
        });
    });
    return true;
}

} // namespace seal_nn::kernels
