// Sums of rotated products without leaving the extended base (Bossuat et al. 2021, double hoisting).
#include <algorithm>
#include <stdexcept>

#include "hybrid.h"

namespace seal_nn::kernels {

namespace {

// Rotations of one prime that are there at once, and coefficients of them that are multiplied at a time: they stay in
// the second-level cache for all groups.
constexpr std::size_t BABIES = 16, COEFFICIENTS = 1024;

} // namespace

// Terms with one giant step, and where their sum is gathered: two halves over the extended base. The element is that by which
// the sum reaches the first group, or in a chain the group before.
struct HybridEvaluator::Group {
    struct Part {
        std::size_t baby; // a place in the list of all babies
        const Term *term;
    };
    std::uint32_t giant;
    std::vector<Part> parts;
    Rows first, second;
};

std::vector<HybridEvaluator::Group> HybridEvaluator::group(
    const std::vector<Term> &terms, GiantSteps steps, std::vector<std::uint32_t> &babies) const {
    const Rows nowhere(nullptr, 0);
    // The sum of all: the group that is not rotated, should there be one.
    std::vector<Group> groups = { { 1, {}, nowhere, nowhere } };
    if (steps.last != 1) {
        groups.push_back({ steps.last, {}, nowhere, nowhere });
    }
    const std::size_t first = groups.size() - 1;
    for (const Term &term : terms) {
        const auto known = std::find(babies.begin(), babies.end(), term.baby);
        const auto baby = static_cast<std::size_t>(known - babies.begin());
        if (known == babies.end()) {
            babies.push_back(term.baby);
        }
        if (steps.step != 0) {
            while (groups.size() <= first + term.giant) {
                groups.push_back({ steps.step, {}, nowhere, nowhere });
            }
            groups[first + term.giant].parts.push_back({ baby, &term });
            continue;
        }
        const auto same = [&](const Group &group) { return group.giant == term.giant; };
        auto group = std::find_if(groups.begin(), groups.end(), same);
        if (group == groups.end()) {
            groups.push_back({ term.giant, {}, nowhere, nowhere });
            group = groups.end() - 1;
        }
        group->parts.push_back({ baby, &term });
    }
    return groups;
}

void HybridEvaluator::transform(const seal::Ciphertext &x, const std::vector<Term> &terms, const HybridKeys &keys,
                         bool rescale, seal::Ciphertext &to, std::uint32_t also, GiantSteps steps) const {
    check(x, 2);
    const std::size_t level = level_of(x), n = context_.degree(), primes = context_.extended_count(level);
    for (const Term &term : terms) {
        const PeriodicPlaintext *const first = terms.front().periodic;
        const bool is_right = first != nullptr || term.periodic != nullptr
            ? first != nullptr && term.periodic != nullptr && term.periodic->level() == level &&
                term.periodic->period() == first->period()
            : term.plain->coeff_count() == (level + 1) * n && term.special->size() == context_.special_count() * n;
        if (!is_right) {
            throw std::invalid_argument("a plaintext of another level than the ciphertext, or of another period");
        }
        if (term.baby != 1) {
            keys.at(context_, term.baby, level);
        }
        if (steps.step != 0 && term.giant >= context_.degree()) {
            throw std::invalid_argument("more giant steps than slots");
        }
    }
    if (also != 1) {
        keys.at(context_, also, level);
    }
    if (terms.empty() || (rescale && level == 0)) {
        throw std::invalid_argument("a sum of no terms, or no level left to rescale");
    }
    std::vector<std::uint32_t> babies;
    std::vector<Group> groups = group(terms, steps, babies);
    for (std::size_t g = 1; g < groups.size(); g++) {
        keys.at(context_, groups[g].giant, level);
    }
    const Term &one = terms.front();
    const double scale = x.scale() * (one.periodic != nullptr ? one.periodic->scale() : one.plain->scale());
    shape(level - (rescale ? 1 : 0), rescale ? scale / top_prime(level) : scale, to);

    with_team(level, [&](Team &team) {
        ScratchPool::Lease scratch(scratch_);
        const std::size_t half = primes * context_.stride();
        double *sums = scratch->groups.at_least(2 * groups.size() * half);
        std::fill_n(sums, 2 * groups.size() * half, 0.0);
        for (Group &group : groups) {
            group.first = Rows(sums, context_.stride());
            group.second = Rows(sums + half, context_.stride());
            sums += 2 * half;
        }
        add_babies(team, x, one, groups, babies, keys, *scratch);
        for (std::size_t g = groups.size() - 1; g > 0; g--) {
            add_giant(team, level, groups[g], groups[steps.step != 0 ? g - 1 : 0], keys);
        }
        if (also != 1) {
            add_automorphism(team, level, groups[0], keys.at(context_, also, level));
        }
        const Rows both[2] = { groups[0].first, groups[0].second };
        finish_both(team, level, rescale ? context_.special_and(level) : context_.special(), both,
                    level + (rescale ? 0 : 1), to);
    });
}

void HybridEvaluator::add_babies(Team &team, const seal::Ciphertext &x, const Term &one, const std::vector<Group> &groups,
                          const std::vector<std::uint32_t> &babies, const HybridKeys &keys,
                          Scratch &scratch) const {
    const Path &path = context_.path();
    const std::size_t level = level_of(x), digits = context_.digit_count(level), n = context_.degree();
    if (std::any_of(babies.begin(), babies.end(), [](std::uint32_t element) { return element != 1; })) {
        extend_all(team, level, component(x, 1), scratch);
    }
    // Of a periodic plaintext, each value stands so many times in a row.
    const PeriodicPlaintext *const periodic = one.periodic;
    const std::size_t run = periodic == nullptr ? 0 : n / (2 * periodic->period());
    const bool as_multiples = run >= PeriodicPlaintext::SHORTEST_RUN;
    const std::size_t step = as_multiples ? std::min(run, COEFFICIENTS) : COEFFICIENTS;
    team.each(context_.extended_count(level), [&](std::size_t t) {
        ScratchPool::Lease own(scratch_);
        const Rows sum(own->sums.at_least(2 * context_.stride()), context_.stride());
        const Rows rotated(
            own->babies.at_least(2 * std::min(BABIES, babies.size()) * context_.stride()), context_.stride());
        const double *factors[BABIES][2];
        const std::uint64_t *plains[BABIES];
        const double *written[BABIES];
        double multiples[BABIES];
        const bool is_written = run != 0 && !as_multiples;
        double *const room = is_written ? own->written.at_least(BABIES * COEFFICIENTS) : nullptr;
        const Prime &prime = context_.prime(context_.extended(level, t));
        for (std::size_t from = 0; from < babies.size(); from += BABIES) {
            const std::size_t to = std::min(from + BABIES, babies.size());
            for (std::size_t b = from; b < to; b++) {
                const Rows pair(rotated[2 * (b - from)], context_.stride());
                if (babies[b] == 1) {
                    for (std::size_t h = 0; h < 2; h++) {
                        std::fill_n(pair[h], n, 0.0);
                        add_lifted(level, t, component(x, h), pair[h]);
                    }
                    continue;
                }
                const SwitchingKey &key = keys.at(context_, babies[b], level);
                const double *digit[MOST_DIGITS];
                hoisted_digits(level, t, scratch, digit);
                path.inner_product(prime, digits, digit, key.row(context_, level, t), sum[0], sum[1]);
                add_lifted(level, t, component(x, 0), sum[0]);
                path.permute(prime, key.permutation(), sum[0], pair[0]);
                path.permute(prime, key.permutation(), sum[1], pair[1]);
            }
            for (std::size_t i = 0; i < n; i += step) {
                for (const Group &group : groups) {
                    double *const sums[2] = { group.first[t] + i, group.second[t] + i };
                    std::size_t count = 0;
                    const auto add = [&] {
                        if (as_multiples) {
                            path.add_multiples(prime, count, factors, multiples, step, sums[0], sums[1]);
                        } else if (is_written) {
                            path.add_centred_products(prime, count, factors, written, step, sums[0], sums[1]);
                        } else {
                            path.add_products(prime, count, factors, plains, step, sums[0], sums[1]);
                        }
                        count = 0;
                    };
                    for (const Group::Part &part : group.parts) {
                        if (part.baby < from || part.baby >= to) {
                            continue;
                        }
                        const Term &term = *part.term;
                        factors[count][0] = rotated[2 * (part.baby - from)] + i;
                        factors[count][1] = rotated[2 * (part.baby - from) + 1] + i;
                        if (as_multiples) {
                            multiples[count] = term.periodic->values(t)[i / run];
                        } else if (is_written) {
                            written[count] = term.periodic->written(t, run, i, step, room + count * COEFFICIENTS);
                        } else {
                            plains[count] = (t <= level ? term.plain->data() + t * n
                                                        : term.special->data() + (t - level - 1) * n) + i;
                        }
                        if (++count == BABIES) {
                            add();
                        }
                    }
                    add();
                }
            }
        }
    });
}

void HybridEvaluator::add_automorphism(
    Team &team, std::size_t level, const Group &sum, const SwitchingKey &key) const {
    const Path &path = context_.path();
    const Base &divisor = context_.special();
    const std::size_t primes = context_.extended_count(level), stride = context_.stride();
    // The second half leaves the extended base to be switched, and stays there too.
    ScratchPool::Lease shared(scratch_);
    const Rows second(shared->groups.at_least(primes * stride), stride);
    team.each(primes, [&](std::size_t t) { std::copy_n(sum.second[t], context_.degree(), second[t]); });
    const double *scaled[Conversion::MOST];
    scale_divisor(team, level, divisor, second, scaled);
    team.each(level + 1, [&](std::size_t i) { divide_in_place(i, divisor, scaled, second[i]); });
    // Modulo a prime the first half is read before it grows.
    const auto add_first = [&](std::size_t t, double *to) {
        path.add(context_.prime(context_.extended(level, t)), { nullptr, sum.first[t], 1 }, to);
    };
    const Rows sums[2] = { sum.first, sum.second };
    add_rotated(team, level, add_first, InRows(context_, second), key, sums);
}

void HybridEvaluator::add_giant(
    Team &team, std::size_t level, const Group &group, const Group &sum, const HybridKeys &keys) const {
    const Path &path = context_.path();
    const Base &divisor = context_.special();
    // The second half leaves the extended base; the first stays, and waits for the division of the whole.
    const double *scaled[Conversion::MOST];
    scale_divisor(team, level, divisor, group.second, scaled);
    team.each(level + 1, [&](std::size_t i) { divide_in_place(i, divisor, scaled, group.second[i]); });
    const auto add_first = [&](std::size_t t, double *to) {
        path.add(context_.prime(context_.extended(level, t)), { nullptr, group.first[t], 1 }, to);
    };
    const Rows sums[2] = { sum.first, sum.second };
    add_rotated(team, level, add_first, InRows(context_, group.second), keys.at(context_, group.giant, level), sums);
}

} // namespace seal_nn::kernels
