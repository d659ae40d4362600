// Sums over slots by doubling, without leaving the extended base in between.
#include "switcher.h"

#include <algorithm>

namespace seal_nn::kernels {

void Switcher::scale_divisor(
    Team &team, std::size_t level, const Base &divisor, const Rows &sum, const double **scaled) const {
    team.each(divisor.sources().size(), [&](std::size_t i) {
        double *const row = sum[within(level, divisor.sources()[i])];
        context_.path().backward(context_.prime(divisor.sources()[i]), row, divisor.scale(i), row);
        scaled[i] = row;
    });
}

void Switcher::finish(
    std::size_t i, const Base &divisor, const Rows &sum, const double *const *scaled, std::uint64_t *to) const {
    ScratchPool::Lease own(scratch_);
    double *const quotient = own->quotient.at_least(context_.stride());
    const Prime &prime = context_.prime(i);
    context_.path().convert(prime, divisor.to(i, scaled, true), quotient);
    context_.path().finish(prime, sum[i], quotient, divisor.inverse(i), { nullptr, nullptr, 1 }, nullptr, to);
}

void Switcher::add_rotations(const seal::Ciphertext &x, const std::vector<std::uint32_t> &elements,
                             const SwitchingKeys &keys, seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t level = level_of(x), n = context_.degree(), stride = context_.stride();
    for (std::uint32_t element : elements) {
        keys.at(context_, element, level);
    }
    shape(x, level, x.scale(), to);
    const Path &path = context_.path();
    const Base &divisor = context_.special();
    const std::size_t primes = context_.extended_count(level), digits = context_.digit_count(level);
    with_team(level, [&](Team &team) {
        ScratchPool::Lease shared(scratch_);
        // P times the first component over the extended base; the second; what is switched for it.
        const Rows first(shared->groups.at_least((2 * primes + level + 1) * stride), stride);
        const Rows second(first[primes], stride), switched(second[level + 1], stride);
        const double *scaled[Conversion::MOST];
        team.each(primes, [&](std::size_t t) {
            const Prime &prime = context_.prime(context_.extended(level, t));
            std::fill_n(first[t], n, 0.0);
            if (t <= level) { // P c is zero modulo the special primes
                path.add(prime, component(x, 0).addend(t, divisor.product(t), nullptr), first[t]);
                path.load(prime, x.data(1) + t * n, second[t]);
            }
        });
        const InRows c(context_, second);
        for (std::uint32_t element : elements) {
            const SwitchingKey &key = keys.at(context_, element, level);
            const Permutation permutation = key.permutation();
            decompose(team, level, c, *shared);
            team.each(primes, [&](std::size_t t) {
                ScratchPool::Lease own(scratch_);
                const Prime &prime = context_.prime(context_.extended(level, t));
                const double *digit[MOST_DIGITS];
                double *const sum = own->sums.at_least(stride);
                extend_digits(level, t, c, *shared, own->digits.at_least(digits * stride), digit);
                path.inner_product(prime, digits, digit, key.row(context_, level, t), sum, switched[t]);
                path.add(prime, { nullptr, first[t], 1 }, sum);
                path.add_permuted(prime, permutation, sum, first[t]);
            });
            scale_divisor(team, level, divisor, switched, scaled);
            team.each(level + 1, [&](std::size_t i) {
                ScratchPool::Lease own(scratch_);
                double *const quotient = own->quotient.at_least(stride);
                path.convert(context_.prime(i), divisor.to(i, scaled, true), quotient);
                path.subtract_scaled(context_.prime(i), quotient, divisor.inverse(i), switched[i]);
                path.add_permuted(context_.prime(i), permutation, switched[i], second[i]);
            });
        }
        scale_divisor(team, level, divisor, first, scaled);
        team.each(level + 1, [&](std::size_t i) {
            finish(i, divisor, first, scaled, to.data(0) + i * n);
            path.store(context_.prime(i), second[i], to.data(1) + i * n);
        });
    });
}

} // namespace seal_nn::kernels
