#include "switcher.h"

#include <algorithm>
#include <stdexcept>

#include "integers.h"

namespace seal_nn::kernels {

// One key switch, as a sum of two halves that are divided by P, or by P q_l.
struct Switcher::Switch {
    std::size_t level;
    const std::uint64_t *c; // what is switched
    const Scratch *hoisted; // its digits, where they are there already
    const SwitchingKey &key;
    const std::uint64_t *first, *second; // what is added; second may be null
    bool permute, rescale;
    seal::Ciphertext &to;
};

void Switcher::check(const seal::Ciphertext &x, std::size_t size) const {
    if (x.size() != size || !x.is_ntt_form() || x.poly_modulus_degree() != context_.degree() ||
        x.coeff_modulus_size() == 0 || x.coeff_modulus_size() > context_.data_count()) {
        throw std::invalid_argument("a ciphertext of another shape than the kernels take");
    }
}

void Switcher::shape(const seal::Ciphertext &x, std::size_t level, seal::Ciphertext &to) const {
    auto data = context_.seal().get_context_data(x.parms_id());
    while (data && data->chain_index() != level) {
        data = data->next_context_data();
    }
    if (!data) {
        throw std::invalid_argument("a ciphertext of another chain");
    }
    to.resize(context_.seal(), data->parms_id(), 2);
    to.is_ntt_form() = true;
    to.scale() = x.scale();
}

void Switcher::decompose(std::size_t level, const std::uint64_t *c, Scratch &scratch) const {
    const Rows coefficients(scratch.coefficients.at_least((level + 1) * context_.stride()), context_.stride());
    const std::size_t a = context_.special_count();
    for (std::size_t i = 0; i <= level; i++) {
        const double scale = context_.digit(level, i / a).scale(i % a);
        context_.path().backward_residues(context_.prime(i), c + i * context_.degree(), scale, coefficients[i]);
    }
}

void Switcher::decompose(std::size_t level, const Rows &c, Scratch &scratch) const {
    const Rows coefficients(scratch.coefficients.at_least((level + 1) * context_.stride()), context_.stride());
    const std::size_t a = context_.special_count();
    for (std::size_t i = 0; i <= level; i++) {
        const double scale = context_.digit(level, i / a).scale(i % a);
        context_.path().backward(context_.prime(i), c[i], scale, coefficients[i]);
    }
}

void Switcher::extend_digits(std::size_t level, std::size_t t, const double *own, const Scratch &scratch, double *to,
                             const double **x) const {
    const std::size_t a = context_.special_count(), place = context_.extended(level, t);
    for (std::size_t j = 0; j < context_.digit_count(level); j++, to += context_.stride()) {
        if (t <= level && t / a == j) {
            x[j] = own;
            continue;
        }
        const Base &base = context_.digit(level, j);
        const double *scaled[Conversion::MOST];
        for (std::size_t i = 0; i < base.sources().size(); i++) {
            scaled[i] = scratch.coefficients.data() + (j * a + i) * context_.stride();
        }
        context_.path().convert(context_.prime(place), base.to(place, scaled, false), to);
        x[j] = to;
    }
}

void Switcher::extend_digits(std::size_t level, std::size_t t, const std::uint64_t *c, const Scratch &scratch,
                             double *to, const double **x) const {
    double *own = nullptr;
    if (t <= level) {
        own = to + t / context_.special_count() * context_.stride();
        context_.path().load(context_.prime(t), c + t * context_.degree(), own);
    }
    extend_digits(level, t, own, scratch, to, x);
}

void Switcher::extend_all(std::size_t level, const std::uint64_t *c, Scratch &scratch) const {
    decompose(level, c, scratch);
    const std::size_t primes = context_.extended_count(level), each = context_.digit_count(level) * context_.stride();
    double *digits = scratch.digits.at_least(primes * each);
    const double *x[MOST_DIGITS];
    for (std::size_t t = 0; t < primes; t++) {
        extend_digits(level, t, c, scratch, digits + t * each, x);
    }
}

void Switcher::hoisted_digits(std::size_t level, std::size_t t, const Scratch &scratch, const double **x) const {
    const std::size_t digits = context_.digit_count(level);
    for (std::size_t j = 0; j < digits; j++) {
        x[j] = scratch.digits.data() + (t * digits + j) * context_.stride();
    }
}

void Switcher::run(const Switch &s, Scratch &scratch) const {
    const Path &path = context_.path();
    const std::size_t level = s.level, digits = context_.digit_count(level), n = context_.degree();
    const Base &divisor = s.rescale ? context_.special_and(level) : context_.special();
    const std::size_t count = divisor.sources().size();
    const Rows sums(scratch.sums.at_least(2 * (count + 1) * context_.stride()), context_.stride());
    double *const quotient = scratch.quotient.at_least(context_.stride());
    if (s.hoisted == nullptr) {
        decompose(level, s.c, scratch);
        scratch.digits.at_least(digits * context_.stride());
    }
    const auto multiply = [&](std::size_t t, double *first, double *second) {
        const double *x[MOST_DIGITS];
        if (s.hoisted == nullptr) {
            extend_digits(level, t, s.c, scratch, scratch.digits.data(), x);
        } else {
            hoisted_digits(level, t, *s.hoisted, x);
        }
        path.inner_product(
            context_.prime(context_.extended(level, t)), digits, x, s.key.row(context_, level, t), first, second);
    };

    // The divisor's primes first: what the others subtract is converted from theirs.
    const std::uint64_t *const addends[2] = { s.first, s.second };
    const double *scaled[2][Conversion::MOST];
    for (std::size_t i = 0; i < count; i++) {
        const std::size_t place = divisor.sources()[i];
        const std::size_t t = place <= level ? place : place - context_.data_count() + level + 1;
        multiply(t, sums[2 * i], sums[2 * i + 1]);
        for (std::size_t h = 0; h < 2; h++) {
            double *const sum = sums[2 * i + h];
            if (place == level && addends[h] != nullptr) { // P c is zero modulo the special primes
                path.add_scaled(context_.prime(place), addends[h] + place * n, context_.special().product(place), sum);
            }
            path.backward(context_.prime(place), sum, divisor.scale(i), sum);
            scaled[h][i] = sum;
        }
    }

    Permutation permutation = s.key.permutation();
    for (std::size_t i = 0; i <= level - (s.rescale ? 1 : 0); i++) {
        double *const sum[2] = { sums[2 * count], sums[2 * count + 1] };
        multiply(i, sum[0], sum[1]);
        double factor = 1;
        if (s.rescale) {
            factor = centred(inverse_mod(context_.value(level), context_.value(i)), context_.value(i));
        }
        for (std::size_t h = 0; h < 2; h++) {
            path.convert(context_.prime(i), divisor.to(i, scaled[h], true), quotient);
            const Addend addend = { addends[h] == nullptr ? nullptr : addends[h] + i * n, factor };
            path.finish(context_.prime(i), sum[h], quotient, divisor.inverse(i), addend,
                        s.permute ? &permutation : nullptr, s.to.data(h) + i * n);
        }
    }
}

void Switcher::rotate(
    const seal::Ciphertext &x, std::uint32_t element, const SwitchingKeys &keys, seal::Ciphertext &to) const {
    check(x, 2);
    const std::size_t level = level_of(x);
    const SwitchingKey &key = keys.at(context_, element, level);
    shape(x, level, to);
    ScratchPool::Lease scratch(scratch_);
    run({ level, x.data(1), nullptr, key, x.data(0), nullptr, true, false, to }, *scratch);
}

std::unique_ptr<Switcher::Hoisted> Switcher::hoist(const seal::Ciphertext &x) const {
    check(x, 2);
    auto hoisted = std::make_unique<Hoisted>(x, scratch_);
    extend_all(level_of(x), x.data(1), *hoisted->scratch);
    return hoisted;
}

void Switcher::rotate(
    const Hoisted &hoisted, std::uint32_t element, const SwitchingKeys &keys, seal::Ciphertext &to) const {
    const seal::Ciphertext &x = hoisted.x;
    const std::size_t level = level_of(x);
    const SwitchingKey &key = keys.at(context_, element, level);
    shape(x, level, to);
    ScratchPool::Lease scratch(scratch_);
    run({ level, x.data(1), &*hoisted.scratch, key, x.data(0), nullptr, true, false, to }, *scratch);
}

void Switcher::relinearise(
    const seal::Ciphertext &x, const SwitchingKeys &keys, bool rescale, seal::Ciphertext &to) const {
    check(x, 3);
    const std::size_t level = level_of(x);
    if (rescale && level == 0) {
        throw std::invalid_argument("no level left to rescale");
    }
    const SwitchingKey &key = keys.at(context_, RELINEARISATION, level);
    shape(x, level - (rescale ? 1 : 0), to);
    if (rescale) {
        to.scale() = x.scale() / static_cast<double>(context_.value(level));
    }
    ScratchPool::Lease scratch(scratch_);
    run({ level, x.data(2), nullptr, key, x.data(0), x.data(1), false, rescale, to }, *scratch);
}

SpecialResidues Switcher::extend(const seal::Plaintext &plain) const {
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
