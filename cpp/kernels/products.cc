// Products that end one level lower, and the division that brings them there.
#include <stdexcept>

#include "hybrid.h"

namespace seal_nn::kernels {

namespace {

template <class Terms>
std::size_t common_level(const Terms &terms) {
    if (terms.empty()) {
        throw std::invalid_argument("a sum of no products");
    }
    const std::size_t primes = terms.front().first->coeff_modulus_size();
    if (primes < 2) {
        throw std::invalid_argument("no level left to rescale");
    }
    return primes - 1;
}

} // namespace

void HybridEvaluator::multiply(const Products &terms, const HybridKeys &keys, seal::Ciphertext &to) const {
    const std::size_t level = common_level(terms);
    const SwitchingKey &key = keys.at(context_, RELINEARISATION, level);
    ScratchPool::Lease kept(scratch_);
    const Rows rows(kept->groups.at_least((level + 1) * context_.stride()), context_.stride());
    SumOfProducts first(context_), second(context_);
    KeptSumOfProducts third(context_, rows); // its coefficients are the digits, and it is a part of them
    for (const auto &[x, y] : terms) {
        check(*x, 2), check(*y, 2);
        if (level_of(*x) != level || level_of(*y) != level) {
            throw std::invalid_argument("factors of different levels");
        }
        first.add(x->data(0), y->data(0));
        second.add(x->data(0), y->data(1)), second.add(x->data(1), y->data(0));
        third.add(x->data(1), y->data(1));
    }
    const auto &[x, y] = terms.front();
    shape(level - 1, x->scale() * y->scale() / top_prime(level), to);
    run({ level, third, nullptr, key, { &first, &second }, false, true, nullptr, to });
}

void HybridEvaluator::multiply(const PlainProducts &terms, seal::Ciphertext &to) const {
    const std::size_t level = common_level(terms);
    SumOfProducts first(context_), second(context_);
    for (const auto &[x, p] : terms) {
        check(*x, 2);
        if (level_of(*x) != level || !p->is_ntt_form() || p->coeff_count() != (level + 1) * context_.degree()) {
            throw std::invalid_argument("factors of different levels");
        }
        first.add(x->data(0), p->data()), second.add(x->data(1), p->data());
    }
    const auto &[x, p] = terms.front();
    shape(level - 1, x->scale() * p->scale() / top_prime(level), to);
    const Polynomial *const halves[2] = { &first, &second };
    divide(level, halves, nullptr, to);
}

void HybridEvaluator::weigh(const std::vector<const seal::Ciphertext *> &x, const double *scalars, std::size_t sums,
                            double scale, Ciphertexts &to) const {
    // Residues of one task: those of some hundred ciphertexts stay in the cache until the last sum has read them.
    constexpr std::size_t TILE = 256;
    if (x.empty() || sums == 0) {
        throw std::invalid_argument("a sum of no products");
    }
    const std::size_t level = level_of(*x.front()), n = context_.degree(), terms = x.size();
    std::vector<const std::uint64_t *> from[2];
    std::vector<std::uint64_t *> sum[2];
    for (const seal::Ciphertext *c : x) {
        check(*c, 2);
        if (level_of(*c) != level) {
            throw std::invalid_argument("factors of different levels");
        }
        from[0].push_back(c->data(0)), from[1].push_back(c->data(1));
    }
    for (std::size_t j = 0; j < sums; j++) {
        to.push_back(std::make_unique<seal::Ciphertext>());
        shape(level, scale, *to.back());
        sum[0].push_back(to.back()->data(0)), sum[1].push_back(to.back()->data(1));
    }
    const std::size_t tile = n < TILE ? n : TILE, tiles = n / tile;
    with_team(level, [&](Team &team) {
        team.each(2 * (level + 1) * tiles, [&](std::size_t task) {
            const std::size_t p = task / (2 * tiles), half = task / tiles % 2;
            std::vector<const std::uint64_t *> of_prime(from[half]);
            std::vector<std::uint64_t *> to_prime(sum[half]);
            for (const std::uint64_t *&c : of_prime) {
                c += p * n;
            }
            for (std::uint64_t *&c : to_prime) {
                c += p * n;
            }
            context_.path().weighted_sums(context_.prime(p), terms, of_prime.data(), sums, scalars + p * terms * sums,
                                          task % tiles * tile, tile, to_prime.data());
        });
    });
}

void HybridEvaluator::rescale(const seal::Ciphertext &x, seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t level = level_of(x);
    if (level == 0) {
        throw std::invalid_argument("no level left to rescale");
    }
    shape(level - 1, x.scale() / top_prime(level), to);
    const OfSeal first = component(x, 0), second = component(x, 1);
    const Polynomial *const halves[2] = { &first, &second };
    divide(level, halves, nullptr, to);
}

void HybridEvaluator::combine(const Combination &terms, const HybridKeys &keys, seal::Ciphertext &to) const {
    const std::size_t level = terms.level;
    if (level == 0 || level >= context_.data_count() || (terms.products.empty() && terms.multiples.empty())) {
        throw std::invalid_argument("a sum of nothing, or no level left to rescale");
    }
    const auto check_above = [&](const seal::Ciphertext &x) {
        check(x, 2);
        if (level_of(x) < level) {
            throw std::invalid_argument("a factor below the level of the sum");
        }
    };
    ScratchPool::Lease kept(scratch_);
    const Rows rows(kept->groups.at_least((level + 1) * context_.stride()), context_.stride());
    SumOfProducts first(context_), second(context_);
    KeptSumOfProducts third(context_, rows);
    for (const auto &[x, y] : terms.products) {
        check_above(*x), check_above(*y);
        first.add(x->data(0), y->data(0));
        second.add(x->data(0), y->data(1)), second.add(x->data(1), y->data(0));
        third.add(x->data(1), y->data(1));
    }
    for (std::size_t j = 0; j < terms.multiples.size(); j++) {
        const seal::Ciphertext &z = *terms.multiples[j];
        check_above(z);
        first.add(z.data(0), terms.scalars + j * (level + 1)), second.add(z.data(1), terms.scalars + j * (level + 1));
    }
    shape(level - 1, terms.scale, to);
    if (terms.products.empty()) {
        const Polynomial *const halves[2] = { &first, &second };
        divide(level, halves, terms.constant, to);
    } else {
        const SwitchingKey &key = keys.at(context_, RELINEARISATION, level);
        run({ level, third, nullptr, key, { &first, &second }, false, true, terms.constant, to });
    }
}

void HybridEvaluator::divide(
    std::size_t level, const Polynomial *const *x, const double *constant, seal::Ciphertext &to) const {
    const std::size_t stride = context_.stride();
    const Base &divisor = context_.top(level);
    with_team(level, [&](Team &team) {
        ScratchPool::Lease shared(scratch_);
        const Rows tops(shared->sums.at_least(2 * stride), stride);
        team.each(2, [&](std::size_t h) { x[h]->coefficients(level, divisor.scale(0), tops[h]); });
        team.each(2 * level, [&](std::size_t k) {
            ScratchPool::Lease own(scratch_);
            const std::size_t h = k / level, i = k % level;
            const double *const top = tops[h];
            std::uint64_t *const result = to.data(h) + i * context_.degree();
            finish(i, divisor, x[h]->read(i, own->sums.at_least(stride)), &top, result);
            if (h == 0 && constant != nullptr) {
                context_.path().shift(context_.prime(i), constant[i], result);
            }
        });
    });
}

} // namespace seal_nn::kernels
