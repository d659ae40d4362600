// Sums of rotations, without leaving the extended base in between.
#include "hybrid.h"

#include <algorithm>
#include <stdexcept>

namespace seal_nn::kernels {

void HybridEvaluator::scale_divisor(
    Team &team, std::size_t level, const Base &divisor, const Rows &sum, const double **scaled) const {
    team.each(divisor.sources().size(), [&](std::size_t i) {
        double *const row = sum[within(level, divisor.sources()[i])];
        context_.path().backward(context_.prime(divisor.sources()[i]), row, divisor.scale(i), row);
        scaled[i] = row;
    });
}

void HybridEvaluator::finish(
    std::size_t i, const Base &divisor, const double *sum, const double *const *scaled, std::uint64_t *to) const {
    ScratchPool::Lease own(scratch_);
    double *const quotient = own->quotient.at_least(context_.stride());
    const Prime &prime = context_.prime(i);
    context_.path().convert(prime, divisor.to(i, scaled, true), quotient);
    context_.path().finish(prime, sum, quotient, divisor.inverse(i), { nullptr, nullptr, 1 }, nullptr, to);
}

void HybridEvaluator::finish_both(
    Team &team, std::size_t level, const Base &divisor, const Rows *sums, std::size_t left, seal::Ciphertext &to) const {
    const double *scaled[2][Conversion::MOST];
    scale_divisor(team, level, divisor, sums[0], scaled[0]);
    scale_divisor(team, level, divisor, sums[1], scaled[1]);
    team.each(2 * left, [&](std::size_t k) {
        const std::size_t h = k / left, i = k % left;
        finish(i, divisor, sums[h][i], scaled[h], to.data(h) + i * context_.degree());
    });
}

void HybridEvaluator::divide_in_place(std::size_t i, const Base &divisor, const double *const *scaled, double *sum) const {
    ScratchPool::Lease own(scratch_);
    double *const quotient = own->quotient.at_least(context_.stride());
    context_.path().convert(context_.prime(i), divisor.to(i, scaled, true), quotient);
    context_.path().subtract_scaled(context_.prime(i), quotient, divisor.inverse(i), sum);
}

void HybridEvaluator::add_lifted(std::size_t level, std::size_t t, const OfSeal &c, double *to) const {
    if (t <= level) { // P c is zero modulo the special primes
        context_.path().add(context_.prime(t), c.addend(t, context_.special().product(t), nullptr), to);
    }
}

void HybridEvaluator::add_rotated(Team &team, std::size_t level, const AddFirst &add_first, const Polynomial &second,
                           const SwitchingKey &key, const Rows *sums) const {
    const Path &path = context_.path();
    const std::size_t digits = context_.digit_count(level), stride = context_.stride();
    const Permutation permutation = key.permutation();
    ScratchPool::Lease shared(scratch_);
    decompose(team, level, second, *shared);
    team.each(context_.extended_count(level), [&](std::size_t t) {
        ScratchPool::Lease own(scratch_);
        const Prime &prime = context_.prime(context_.extended(level, t));
        const Rows work(own->sums.at_least(2 * stride), stride);
        const double *x[MOST_DIGITS];
        extend_digits(level, t, second, *shared, own->digits.at_least(digits * stride), x);
        path.inner_product(prime, digits, x, key.row(context_, level, t), work[0], work[1]);
        add_first(t, work[0]);
        path.add_permuted(prime, permutation, work[0], sums[0][t]);
        path.add_permuted(prime, permutation, work[1], sums[1][t]);
    });
}

void HybridEvaluator::sum_rotations(const Rotations &terms, const HybridKeys &keys, seal::Ciphertext &to) const {
    if (terms.empty()) {
        throw std::invalid_argument("a sum of no rotations");
    }
    const std::size_t level = level_of(*terms.front().first), primes = context_.extended_count(level);
    for (const auto &[x, element] : terms) {
        check(*x, 2);
        if (level_of(*x) != level) {
            throw std::invalid_argument("rotations at different levels");
        }
        if (element != 1) {
            keys.at(context_, element, level);
        }
    }
    shape(level, terms.front().first->scale(), to);
    with_team(level, [&](Team &team) {
        ScratchPool::Lease shared(scratch_);
        const Rows first(shared->groups.at_least(2 * primes * context_.stride()), context_.stride());
        const Rows sums[2] = { first, Rows(first[primes], context_.stride()) };
        team.each(2 * primes, [&](std::size_t t) { std::fill_n(first[t], context_.degree(), 0.0); });
        for (const auto &[x, element] : terms) {
            const OfSeal c[2] = { component(*x, 0), component(*x, 1) };
            if (element == 1) {
                team.each(2 * (level + 1), [&](std::size_t k) {
                    add_lifted(level, k / 2, c[k % 2], sums[k % 2][k / 2]);
                });
                continue;
            }
            const auto add_first = [&](std::size_t t, double *sum) { add_lifted(level, t, c[0], sum); };
            add_rotated(team, level, add_first, c[1], keys.at(context_, element, level), sums);
        }
        finish_both(team, level, context_.special(), sums, level + 1, to);
    });
}

void HybridEvaluator::add_rotations(const seal::Ciphertext &x, const std::vector<std::uint32_t> &elements,
                             const HybridKeys &keys, seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t level = level_of(x), n = context_.degree(), stride = context_.stride();
    // (1 + g) (1 + h) = 1 + g + h + g h where there is a key for the product: one decomposition for both.
    std::vector<std::vector<std::uint32_t>> steps;
    for (std::size_t i = 0; i < elements.size(); i++) {
        keys.at(context_, elements[i], level);
        steps.push_back({ elements[i] });
        if (i + 1 == elements.size()) {
            break;
        }
        const std::uint64_t both = std::uint64_t(elements[i]) * elements[i + 1] % (2 * n);
        if (both != 1 && keys.levels(static_cast<std::uint32_t>(both)) > level) {
            keys.at(context_, elements[++i], level);
            steps.back().insert(steps.back().end(), { elements[i], static_cast<std::uint32_t>(both) });
        }
    }
    shape(level, x.scale(), to);
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
            add_lifted(level, t, component(x, 0), first[t]);
            if (t <= level) {
                path.load(prime, x.data(1) + t * n, second[t]);
            }
        });
        const InRows c(context_, second);
        for (const std::vector<std::uint32_t> &summed : steps) {
            decompose(team, level, c, *shared);
            team.each(primes, [&](std::size_t t) {
                ScratchPool::Lease own(scratch_);
                const Prime &prime = context_.prime(context_.extended(level, t));
                const double *digit[MOST_DIGITS];
                const Rows sum(own->sums.at_least(3 * stride), stride);
                extend_digits(level, t, c, *shared, own->digits.at_least(digits * stride), digit);
                std::copy_n(first[t], n, sum[2]);
                for (const std::uint32_t element : summed) {
                    const SwitchingKey &key = keys.at(context_, element, level);
                    const Permutation permutation = key.permutation();
                    path.inner_product(prime, digits, digit, key.row(context_, level, t), sum[0], sum[1]);
                    path.add(prime, { nullptr, sum[2], 1 }, sum[0]);
                    path.add_permuted(prime, permutation, sum[0], first[t]);
                    if (element == summed.front()) {
                        path.permute(prime, permutation, sum[1], switched[t]);
                    } else {
                        path.add_permuted(prime, permutation, sum[1], switched[t]);
                    }
                }
            });
            scale_divisor(team, level, divisor, switched, scaled);
            team.each(level + 1, [&](std::size_t i) {
                divide_in_place(i, divisor, scaled, switched[i]);
                path.add(context_.prime(i), { nullptr, switched[i], 1 }, second[i]);
            });
        }
        scale_divisor(team, level, divisor, first, scaled);
        team.each(level + 1, [&](std::size_t i) {
            finish(i, divisor, first[i], scaled, to.data(0) + i * n);
            path.store(context_.prime(i), second[i], to.data(1) + i * n);
        });
    });
}

} // namespace seal_nn::kernels
