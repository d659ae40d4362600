// The coefficients of a plaintext as doubles, for the values of its slots.
#include <stdexcept>

#include "hybrid.h"
#include "wiped.h"

namespace seal_nn::kernels {

void HybridEvaluator::decode(const seal::Plaintext &plain, double unit, double *half) const {
    const std::size_t n = context_.degree(), stride = context_.stride(), primes = plain.coeff_count() / n;
    if (!plain.is_ntt_form() || primes == 0 || primes > context_.data_count() || plain.coeff_count() != primes * n) {
        throw std::invalid_argument("a plaintext of another shape than the kernels take");
    }
    // Coefficients that are put together at a time: their digits stay in the second-level cache.
    constexpr std::size_t block = 1024;
    const MixedRadix &radix = context_.mixed_radix();
    ScratchPool::Lease shared(scratch_);
    const Rows rows(shared->coefficients.at_least(primes * stride), stride);
    const Wiped wiped(rows[0], primes * stride);
    with_team(primes - 1, [&](Team &team) {
        team.each(primes, [&](std::size_t t) {
            OfSeal(context_, plain.data()).coefficients(t, radix.scale(t), rows[t]);
        });
        team.each(n / block, [&](std::size_t b) {
            double *digits[MOST_DIGITS];
            for (std::size_t t = 0; t < primes; t++) {
                digits[t] = rows[t] + b * block;
                context_.path().mixed_digit(
                    context_.prime(t), t, digits, radix.factors(t), block, digits[t]);
            }
            context_.path().from_digits(primes, digits, radix.radices(), unit, block, digits[0]);
        });
    });
    const double *const m = rows[0];
    half[0] = m[0];
    for (std::size_t j = 1; j < n / 2; j++) {
        half[j] = m[j] - m[n - j];
    }
}

} // namespace seal_nn::kernels
