#include "hybrid.h"

#include <algorithm>
#include <stdexcept>

#include "integers.h"

namespace seal_nn::kernels {

void HybridEvaluator::check(const seal::Ciphertext &x, std::size_t size) const {
    if (x.size() != size || !x.is_ntt_form() || x.poly_modulus_degree() != context_.degree() ||
        x.coeff_modulus_size() == 0 || x.coeff_modulus_size() > context_.data_count()) {
        throw std::invalid_argument("a ciphertext of another shape than the kernels take");
    }
}

void HybridEvaluator::shape(std::size_t level, double scale, seal::Ciphertext &to) const {
    resize_unset(to, 2 * (level + 1) * context_.degree());
    to.resize(context_.seal(), context_.of_level(level).parms_id(), 2);
    to.is_ntt_form() = true;
    to.scale() = scale;
}

void HybridEvaluator::decompose(Team &team, std::size_t level, const Polynomial &c, Scratch &scratch) const {
    const Rows coefficients(scratch.coefficients.at_least((level + 1) * context_.stride()), context_.stride());
    const std::size_t a = context_.special_count();
    team.each(level + 1, [&](std::size_t i) {
        c.coefficients(i, context_.digit(level, i / a).radix().scale(i % a), coefficients[i]);
    });
    if (a == 1) {
        return;
    }
    team.each(context_.digit_count(level), [&](std::size_t j) {
        const Digit &digit = context_.digit(level, j);
        const double *digits[Digit::MOST];
        for (std::size_t i = 0; i < digit.count(); i++) {
            double *const row = coefficients[j * a + i];
            if (i > 0) {
                const Prime &prime = context_.prime(j * a + i);
                context_.path().mixed_digit(prime, i, digits, digit.radix().factors(i), context_.degree(), row);
            }
            digits[i] = row;
        }
    });
}

void HybridEvaluator::extend_digits(std::size_t level, std::size_t t, const Polynomial &c, const Scratch &decomposed,
                             double *to, const double **x) const {
    const std::size_t a = context_.special_count(), place = context_.extended(level, t);
    for (std::size_t j = 0; j < context_.digit_count(level); j++, to += context_.stride()) {
        if (t <= level && t / a == j) { // the polynomial's own residues are those of the digit
            x[j] = c.read(t, to);
            continue;
        }
        const Digit &digit = context_.digit(level, j);
        const double *digits[Digit::MOST];
        for (std::size_t i = 0; i < digit.count(); i++) {
            digits[i] = decomposed.coefficients.data() + (j * a + i) * context_.stride();
        }
        context_.path().extend(context_.prime(place), digit.count(), digits, digit.radices(place), to);
        x[j] = to;
    }
}

void HybridEvaluator::extend_all(Team &team, std::size_t level, const Polynomial &c, Scratch &scratch) const {
    decompose(team, level, c, scratch);
    const std::size_t primes = context_.extended_count(level), each = context_.digit_count(level) * context_.stride();
    double *const digits = scratch.digits.at_least(primes * each);
    team.each(primes, [&](std::size_t t) {
        const double *x[MOST_DIGITS];
        extend_digits(level, t, c, scratch, digits + t * each, x);
    });
}

void HybridEvaluator::hoisted_digits(std::size_t level, std::size_t t, const Scratch &scratch, const double **x) const {
    const std::size_t digits = context_.digit_count(level);
    for (std::size_t j = 0; j < digits; j++) {
        x[j] = scratch.digits.data() + (t * digits + j) * context_.stride();
    }
}

void HybridEvaluator::run(const Switch &s) const {
    with_team(s.level, [&](Team &team) { run(team, s); });
}

void HybridEvaluator::run(Team &team, const Switch &s) const {
    const Path &path = context_.path();
    const std::size_t level = s.level, digits = context_.digit_count(level), n = context_.degree();
    const Base &divisor = s.rescale ? context_.special_and(level) : context_.special();
    const std::size_t count = divisor.sources().size(), stride = context_.stride();
    ScratchPool::Lease shared(scratch_);
    const Rows sums(shared->sums.at_least(2 * count * stride), stride);
    if (s.hoisted == nullptr) {
        decompose(team, level, s.switched, *shared);
    }
    const auto multiply = [&](std::size_t t, Scratch &own, double *first, double *second) {
        const double *x[MOST_DIGITS];
        if (s.hoisted == nullptr) {
            extend_digits(level, t, s.switched, *shared, own.digits.at_least(digits * stride), x);
        } else {
            hoisted_digits(level, t, *s.hoisted, x);
        }
        path.inner_product(
            context_.prime(context_.extended(level, t)), digits, x, s.key.row(context_, level, t), first, second);
    };

    // The divisor's primes first: what the others subtract is converted from theirs.
    team.each(count, [&](std::size_t i) {
        ScratchPool::Lease own(scratch_);
        const std::size_t place = divisor.sources()[i];
        const Prime &prime = context_.prime(place);
        double *const sum[2] = { sums[i], sums[count + i] };
        multiply(within(level, place), *own, sum[0], sum[1]);
        for (std::size_t h = 0; h < 2; h++) {
            if (place == level && s.added[h] != nullptr) { // P c is zero modulo the special primes
                double *const room = own->quotient.at_least(stride);
                path.add(prime, s.added[h]->addend(place, context_.special().product(place), room), sum[h]);
            }
            path.backward(prime, sum[h], divisor.scale(i), sum[h]);
        }
    });
    const double *scaled[2][Conversion::MOST];
    for (std::size_t i = 0; i < 2 * count; i++) {
        scaled[i / count][i % count] = sums[i];
    }

    const Permutation permutation = s.key.permutation();
    team.each(level + (s.rescale ? 0 : 1), [&](std::size_t i) {
        ScratchPool::Lease own(scratch_);
        const Rows sum(own->sums.at_least(3 * stride), stride);
        double *const quotient = own->quotient.at_least(stride);
        multiply(i, *own, sum[0], sum[1]);
        double factor = 1;
        if (s.rescale) {
            factor = centred(inverse_mod(context_.value(level), context_.value(i)), context_.value(i));
        }
        for (std::size_t h = 0; h < 2; h++) {
            path.convert(context_.prime(i), divisor.to(i, scaled[h], true), quotient);
            const Addend addend = s.added[h] == nullptr ? Addend{ nullptr, nullptr, 1 }
                                                        : s.added[h]->addend(i, factor, sum[2]);
            path.finish(context_.prime(i), sum[h], quotient, divisor.inverse(i), addend,
                        s.permute ? &permutation : nullptr, s.to.data(h) + i * n);
        }
        if (s.constant != nullptr) {
            path.shift(context_.prime(i), s.constant[i], s.to.data(0) + i * n);
        }
    });
}

void HybridEvaluator::rotate(
    const seal::Ciphertext &x, std::uint32_t element, const HybridKeys &keys, seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t level = level_of(x);
    const SwitchingKey &key = keys.at(context_, element, level);
    shape(level, x.scale(), to);
    const OfSeal first = component(x, 0), second = component(x, 1);
    run({ level, second, nullptr, key, { &first, nullptr }, true, false, nullptr, to });
}

std::unique_ptr<HybridEvaluator::Hoisted> HybridEvaluator::hoist(const seal::Ciphertext &x) const {
    check(x, 2);
    auto hoisted = std::make_unique<Hoisted>(x, scratch_);
    with_team(level_of(x), [&](Team &team) { extend_all(team, level_of(x), component(x, 1), *hoisted->scratch); });
    return hoisted;
}

void HybridEvaluator::rotate(
    const Hoisted &hoisted, std::uint32_t element, const HybridKeys &keys, seal::Ciphertext &to) const {
    const seal::Ciphertext &x = hoisted.x;
    const std::size_t level = level_of(x);
    const SwitchingKey &key = keys.at(context_, element, level);
    shape(level, x.scale(), to);
    const OfSeal first = component(x, 0), second = component(x, 1);
    run({ level, second, &*hoisted.scratch, key, { &first, nullptr }, true, false, nullptr, to });
}

void HybridEvaluator::relinearise(
    const seal::Ciphertext &x, const HybridKeys &keys, bool rescale, seal::Ciphertext &to) const {
    check(x, 3);
    const std::size_t level = level_of(x);
    if (rescale && level == 0) {
        throw std::invalid_argument("no level left to rescale");
    }
    const SwitchingKey &key = keys.at(context_, RELINEARISATION, level);
    shape(level - (rescale ? 1 : 0), rescale ? x.scale() / top_prime(level) : x.scale(), to);
    const OfSeal first = component(x, 0), second = component(x, 1), third = component(x, 2);
    run({ level, third, nullptr, key, { &first, &second }, false, rescale, nullptr, to });
}

SpecialResidues HybridEvaluator::extend(const seal::Plaintext &plain) const {
    const Path &path = context_.path();
    const std::size_t n = context_.degree(), primes = plain.coeff_count() / n;
    if (!plain.is_ntt_form() || plain.coeff_count() % n != 0 || primes == 0 || primes > context_.data_count()) {
        throw std::invalid_argument("a plaintext of another shape than the kernels take");
    }
    const Base &base = context_.lowest(primes - 1);
    const std::size_t count = base.sources().size();
    ScratchPool::Lease scratch(scratch_);
    const Rows rows(scratch->coefficients.at_least((count + 1) * context_.stride()), context_.stride());
    const double *scaled[Conversion::MOST];
    for (std::size_t i = 0; i < count; i++) {
        path.backward_residues(context_.prime(i), plain.data() + i * n, base.scale(i), rows[i]);
        scaled[i] = rows[i];
    }
    SpecialResidues residues(context_.special_count() * n);
    const auto convert = [&](std::size_t place, std::uint64_t *to) {
        path.convert(context_.prime(place), base.to(place, scaled, true), rows[count]);
        path.store(context_.prime(place), rows[count], to);
    };
    if (primes > count) { // the coefficients must be those that the other residues say too
        convert(count, residues.data());
        if (!std::equal(residues.begin(), residues.begin() + static_cast<std::ptrdiff_t>(n), plain.data() + count * n)) {
            throw std::invalid_argument("a plaintext with coefficients too large for the kernels");
        }
    }
    for (std::size_t i = 0; i < context_.special_count(); i++) {
        convert(context_.data_count() + i, residues.data() + i * n);
    }
    return residues;
}

} // namespace seal_nn::kernels
