// Between the values of real slots and plaintexts.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "hybrid.h"
#include "wiped.h"

namespace seal_nn::kernels {

bool HybridEvaluator::coefficients(
    const double *values, std::size_t count, double scale, double most, double *to) const {
    const std::size_t n = context_.degree(), slots = n / 2;
    ScratchPool::Lease own(scratch_);
    double *const re = own->sums.at_least(2 * slots), *const im = re + slots;
    std::fill_n(re, slots, 0.0);
    for (std::size_t k = 0; k < count; k++) {
        re[context_.fourier().place(k)] = values[k];
    }
    context_.path().from_slots(context_.fourier().fourier(), re, im, to);
    const double factor = scale / static_cast<double>(slots);
    double largest = 0;
    for (std::size_t j = 0; j < slots; j++) {
        to[j] = std::round(to[j] * factor);
        largest = std::max(largest, std::abs(to[j]));
    }
    to[slots] = 0;
    for (std::size_t j = 1; j < slots; j++) {
        to[n - j] = -to[j];
    }
    return largest <= most;
}

bool HybridEvaluator::encode(const double *values, std::size_t count, std::size_t level, double scale, double most,
                             seal::Plaintext &to) const {
    const std::size_t n = context_.degree(), stride = context_.stride();
    check_slots(count, level);
    ScratchPool::Lease shared(scratch_);
    double *const c = shared->coefficients.at_least(stride);
    if (!coefficients(values, count, scale, most, c)) {
        return false;
    }
    // Of no level while it is given its size.
    to.parms_id() = seal::parms_id_zero;
    resize_unset(to, n * (level + 1));
    to.resize(n * (level + 1));
    Conversion copy = {};
    copy.count = 1, copy.source[0] = c;
    with_team(level, [&](Team &team) {
        team.each(level + 1, [&](std::size_t i) {
            ScratchPool::Lease own(scratch_);
            double *const row = own->sums.at_least(stride);
            context_.path().convert(context_.prime(i), copy, row);
            context_.path().store(context_.prime(i), row, to.data() + i * n);
        });
    });
    to.parms_id() = context_.of_level(level).parms_id();
    to.scale() = scale;
    return true;
}

void HybridEvaluator::decode(const seal::Plaintext &plain, double *values) const {
    const std::size_t n = context_.degree(), stride = context_.stride(), primes = plain.coeff_count() / n;
    if (!plain.is_ntt_form() || primes == 0 || primes > context_.data_count() || plain.coeff_count() != primes * n) {
        throw std::invalid_argument("a plaintext of another shape than the kernels take");
    }
    // Coefficients that are put together at a time: their digits stay in the second-level cache.
    constexpr std::size_t block = 1024;
    const Path &path = context_.path();
    const MixedRadix &radix = context_.mixed_radix();
    // They are divided by the power of two of the scale first, which rounds nothing and keeps large ones finite.
    const int exponent = std::ilogb(plain.scale());
    ScratchPool::Lease shared(scratch_);
    const Rows rows(shared->coefficients.at_least((primes + 1) * stride), stride);
    const Wiped wiped(rows[0], (primes + 1) * stride);
    with_team(primes - 1, [&](Team &team) {
        team.each(primes, [&](std::size_t t) {
            OfSeal(context_, plain.data()).coefficients(t, radix.scale(t), rows[t]);
        });
        team.each(n / block, [&](std::size_t b) {
            double *digits[MOST_DIGITS];
            for (std::size_t t = 0; t < primes; t++) {
                digits[t] = rows[t] + b * block;
                path.mixed_digit(context_.prime(t), t, digits, radix.factors(t), block, digits[t]);
            }
            path.from_digits(primes, digits, radix.radices(), std::ldexp(1.0, -exponent), block, digits[0]);
        });
    });
    double *const re = rows[primes], *const im = re + n / 2;
    path.to_slots(context_.fourier().fourier(), rows[0], re, im);
    const double factor = std::ldexp(1.0, exponent) / plain.scale();
    for (std::size_t k = 0; k < n / 2; k++) {
        values[k] = factor * re[context_.fourier().place(k)];
    }
}

void HybridEvaluator::check_slots(std::size_t count, std::size_t level) const {
    if (count > context_.degree() / 2 || level >= context_.data_count()) {
        throw std::invalid_argument("more values than slots, or a level above the modulus chain");
    }
}

} // namespace seal_nn::kernels
