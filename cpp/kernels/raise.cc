#include "raise.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "hybrid.h"
#include "wiped.h"

namespace seal_nn::kernels {

namespace {

// to = c(X^element).
void apply_automorphism(const double *c, std::size_t degree, std::uint32_t element, double *to) {
    for (std::size_t k = 0, power = 0; k < degree; k++, power = (power + element) % (2 * degree)) {
        to[power % degree] = power < degree ? c[k] : -c[k];
    }
}

// A small polynomial modulo all primes of a context, in transform order.
void to_residues(const Context &context, const double *coefficients, double *room, std::uint64_t *to) {
    Conversion copy = {};
    copy.count = 1, copy.source[0] = coefficients;
    for (std::size_t place = 0; place < context.prime_count(); place++) {
        context.path().convert(context.prime(place), copy, room);
        context.path().store(context.prime(place), room, to + place * context.degree());
    }
}

// Exactly `weight` coefficients of 1 or -1, every such polynomial with the same probability. N is a power of two.
void sample_sparse(const Generator &random, std::size_t degree, std::size_t weight, double *to) {
    std::fill_n(to, degree, 0.0);
    while (weight > 0) {
        const std::uint32_t word = random->generate();
        double &coefficient = to[(word >> 1) % degree];
        if (coefficient == 0) {
            coefficient = (word & 1) != 0 ? 1 : -1;
            weight--;
        }
    }
}

// c = round(c q' / q) modulo q', centred: c is below q/2 in magnitude, so the product is right to 2^-9, the rest noise.
void change_modulus(double *c, std::size_t count, double q, double raised) {
    const double ratio = raised / q, most = (raised - 1) / 2;
    for (std::size_t k = 0; k < count; k++) {
        const double rounded = c[k] * ratio + ROUND - ROUND;
        c[k] = rounded > most ? rounded - raised : rounded < -most ? rounded + raised : rounded;
    }
}

} // namespace

std::vector<std::uint32_t> raised_elements(std::size_t degree, const std::vector<std::uint32_t> &factors) {
    std::vector<std::uint32_t> elements = { 1 };
    for (const std::uint32_t factor : factors) {
        const std::size_t count = elements.size();
        for (std::size_t i = 0; i < count; i++) {
            elements.push_back(static_cast<std::uint32_t>(std::uint64_t(elements[i]) * factor % (2 * degree)));
        }
    }
    return elements;
}

std::size_t raising_keys_size(const Context &tall, const Context &small, std::size_t elements) {
    return direct_key_size(small, 0) + elements * direct_key_size(tall, tall.data_count() - 1);
}

void generate_raising_keys(const Context &tall, const Context &small, const seal::SecretKey &secret, std::size_t weight,
                           const std::vector<std::uint32_t> &elements, std::uint8_t *bytes, std::size_t size) {
    const std::size_t n = tall.degree(), stride = tall.stride(), top = tall.data_count() - 1;
    if (small.degree() != n || weight > n || size != raising_keys_size(tall, small, elements.size())) {
        throw std::invalid_argument("contexts of two rings, too large a weight, or room of another size than the keys'");
    }
    // s, s', one of its automorphisms, and room for a transform; then residues.
    const std::size_t residues = (2 * small.prime_count() + tall.prime_count()) * n;
    Doubles memory(4 * stride + residues);
    const Wiped wiped(memory.data(), memory.size());
    const Rows rows(memory.data(), stride);
    auto *const dense = reinterpret_cast<std::uint64_t *>(rows[4]);
    std::uint64_t *const sparse = dense + small.prime_count() * n, *const target = sparse + small.prime_count() * n;

    tall.path().backward_residues(tall.prime(0), secret.data().data(), 1, rows[0]);
    sample_sparse(new_generator(tall), n, weight, rows[1]);
    to_residues(small, rows[0], rows[3], dense);
    to_residues(small, rows[1], rows[3], sparse);
    generate_direct_key(small, sparse, dense, 0, new_generator(tall), bytes);
    bytes += direct_key_size(small, 0);
    for (const std::uint32_t element : elements) {
        apply_automorphism(rows[1], n, element, rows[2]);
        to_residues(tall, rows[2], rows[3], target);
        generate_direct_key(tall, secret.data().data(), target, top, new_generator(tall), bytes);
        bytes += direct_key_size(tall, top);
    }
}

RaisingKeys::RaisingKeys(const Context &tall, const Context &small, const std::vector<std::uint32_t> &factors,
                         const std::uint8_t *bytes, std::size_t size)
    : factors_(size == raising_keys_size(tall, small, std::size_t(1) << factors.size())
                   ? factors
                   : throw std::invalid_argument("raising keys of another size")),
      to_sparse_(small, 0, { 1 }, bytes),
      from_sparse_(tall, tall.data_count() - 1, raised_elements(tall.degree(), factors), bytes + direct_key_size(small, 0)) {}

void HybridEvaluator::switch_directly(
    const double *const *c, std::size_t level, const DirectKeys &keys, seal::Ciphertext &to) const {
    const Path &path = context_.path();
    const Base &divisor = context_.special();
    const std::size_t primes = context_.extended_count(level), stride = context_.stride(), a = context_.special_count();
    const std::vector<Permutation> permutations = keys.permutations();
    shape(level, 1, to);
    with_team(level, [&](Team &team) {
        ScratchPool::Lease shared(scratch_);
        const Rows first(shared->groups.at_least(2 * primes * stride), stride), second(first[primes], stride);
        Conversion copy = {};
        copy.count = 1, copy.source[0] = c[1];
        team.each(primes, [&](std::size_t t) {
            ScratchPool::Lease own(scratch_);
            const Prime &prime = context_.prime(context_.extended(level, t));
            double *const digit = own->digits.at_least(stride);
            path.convert(prime, copy, digit);
            path.permuted_inner_product(
                prime, permutations.size(), permutations.data(), digit, keys.row(context_, t), first[t], second[t]);
        });
        const double *scaled[2][Conversion::MOST];
        scale_divisor(team, level, divisor, first, scaled[0]);
        scale_divisor(team, level, divisor, second, scaled[1]);
        scaled[0][a] = c[0];
        team.each(2 * (level + 1), [&](std::size_t k) {
            ScratchPool::Lease own(scratch_);
            const std::size_t h = k % 2, i = k / 2;
            const Prime &prime = context_.prime(i);
            double *const quotient = own->quotient.at_least(stride);
            // What is subtracted before the division by P, and for the first half -P c: one transform for both.
            Conversion subtracted = divisor.to(i, scaled[h], true);
            if (h == 0) {
                subtracted.source[a] = c[0], subtracted.factor[a] = -divisor.product(i), subtracted.inverse[a] = 0;
                subtracted.count = a + 1;
            }
            path.convert(prime, subtracted, quotient);
            path.finish(prime, (h == 0 ? first : second)[i], quotient, divisor.inverse(i), {}, nullptr,
                        to.data(h) + i * context_.degree());
        });
    });
}

void HybridEvaluator::raise(const seal::Ciphertext &x, const HybridEvaluator &small, const RaisingKeys &keys,
                            seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t n = context_.degree(), stride = context_.stride(), top = context_.data_count() - 1;
    if (level_of(x) != 0 || small.context_.degree() != n || keys.from_sparse().level() != top) {
        throw std::invalid_argument("a ciphertext above level 0, or contexts that do not belong together");
    }
    const Prime &base = context_.prime(0), &raised = small.context_.prime(0);
    ScratchPool::Lease own(scratch_);
    const Rows rows(own->coefficients.at_least(3 * stride), stride);
    const double *const c[2] = { rows[0], rows[1] };
    for (std::size_t h = 0; h < 2; h++) {
        context_.path().backward_residues(base, x.data(h), 1, rows[h]);
        change_modulus(rows[h], n, base.p, raised.p);
    }
    seal::Ciphertext under_sparse;
    small.switch_directly(c, 0, keys.to_sparse(), under_sparse);
    for (std::size_t h = 0; h < 2; h++) {
        small.context_.path().backward_residues(raised, under_sparse.data(h), 1, rows[h]);
    }
    // The sums of the first half, on integers; those of the second are a matter of keys.
    for (const std::uint32_t factor : keys.factors()) {
        apply_automorphism(rows[0], n, factor, rows[2]);
        for (std::size_t k = 0; k < n; k++) {
            rows[0][k] += rows[2][k];
        }
    }
    switch_directly(c, top, keys.from_sparse(), to);
    to.scale() = x.scale() * raised.p / base.p;
}

} // namespace seal_nn::kernels
