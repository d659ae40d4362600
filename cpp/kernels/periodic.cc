#include "periodic.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <stdexcept>

#include "integers.h"

namespace seal_nn::kernels {

namespace {

using Complex = std::complex<double>;

constexpr std::size_t LINE = 8; // doubles

// a_j = Re sum_k z_k conj(zeta_k)^j at to[step j] for 2 size coefficients, zeta_k = exp(2 pi i 3^k / 4 size); `roots` are the
// conjugates of the powers of exp(2 pi i / 4 step size). Because 3^(size/2) = 2 size + 1 modulo 4 size, slots k and k + size/2
// have the same power for even j and opposite ones for odd j: two sums of half the size, which overwrite the slots.
void from_slots(Complex *z, std::size_t size, const std::vector<Complex> &roots, std::size_t step, double *to) {
    const std::size_t order = 4 * size, half = size / 2;
    if (size <= 2) {
        for (std::size_t j = 0; j < 2 * size; j++) {
            double sum = 0;
            for (std::size_t k = 0, power = 1; k < size; k++, power *= 3) {
                const Complex &root = roots[step * (power * j % order)];
                sum += z[k].real() * root.real() - z[k].imag() * root.imag();
            }
            to[step * j] = sum;
        }
        return;
    }
    for (std::size_t k = 0, power = 1; k < half; k++, power = 3 * power % order) {
        const Complex sum = z[k] + z[k + half], difference = z[k] - z[k + half], &root = roots[step * power];
        z[k] = sum;
        z[k + half] = { difference.real() * root.real() - difference.imag() * root.imag(),
                        difference.real() * root.imag() + difference.imag() * root.real() };
    }
    from_slots(z, half, roots, 2 * step, to);
    from_slots(z + half, half, roots, 2 * step, to + step);
}

std::vector<std::int64_t> periodic_coefficients(const double *parts, std::size_t period, double scale) {
    constexpr double most = 4611686018427387904.0; // 2^62
    const std::size_t order = 4 * period;
    std::vector<Complex> roots(order), slots(period);
    for (std::size_t k = 0; k < order; k++) {
        const double angle = 2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(order);
        roots[k] = { std::cos(angle), -std::sin(angle) };
    }
    for (std::size_t k = 0; k < period; k++) {
        slots[k] = { parts[2 * k], parts[2 * k + 1] };
    }
    std::vector<double> sums(2 * period);
    from_slots(slots.data(), period, roots, 1, sums.data());
    std::vector<std::int64_t> coefficients(2 * period);
    for (std::size_t j = 0; j < 2 * period; j++) {
        const double c = std::round(sums[j] * scale / static_cast<double>(period));
        if (!(std::abs(c) < most)) {
            throw std::invalid_argument("a coefficient of a plaintext that is too large");
        }
        coefficients[j] = static_cast<std::int64_t>(c);
    }
    return coefficients;
}

// The transform of X^size + 1 in SEAL's order, one number at a time; `root` is a primitive root of order 2 size.
void transform_in_place(std::vector<std::uint64_t> &x, std::uint64_t root, std::uint64_t p) {
    // A factor with its quotient by p, which takes the place of a division (Shoup): p < 2^63.
    struct Factor {
        std::uint64_t value, quotient;
    };
    const std::size_t size = x.size();
    unsigned bits = 0;
    while (std::size_t(1) << bits < size) {
        bits++;
    }
    std::vector<Factor> roots(size);
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < size; i++, power = multiply_mod(power, root, p)) {
        roots[reverse_bits(static_cast<unsigned>(i), bits)] = { power, static_cast<std::uint64_t>((Wide(power) << 64) / p) };
    }
    const auto once = [p](std::uint64_t value) { return value < p ? value : value - p; };
    for (std::size_t blocks = 1, gap = size / 2; blocks < size; blocks *= 2, gap /= 2) {
        for (std::size_t block = 0; block < blocks; block++) {
            const Factor factor = roots[blocks + block];
            for (std::size_t j = 2 * block * gap; j < (2 * block + 1) * gap; j++) {
                const std::uint64_t multiple = static_cast<std::uint64_t>(Wide(x[j + gap]) * factor.quotient >> 64);
                const std::uint64_t u = x[j], v = once(x[j + gap] * factor.value - multiple * p);
                x[j] = once(u + v), x[j + gap] = once(u + p - v);
            }
        }
    }
}

} // namespace

PeriodicPlaintext::PeriodicPlaintext(
    const Context &context, const double *parts, std::size_t period, std::size_t level, double scale)
    : level_(level), period_(period), scale_(scale), zero_(true) {
    const std::size_t size = 2 * period;
    if (period == 0 || (period & (period - 1)) != 0 || size > context.degree() ||
        level >= context.data_count()) {
        throw std::invalid_argument("a period that is no power of two or too long, or a level above the modulus chain");
    }
    const std::vector<std::int64_t> coefficients = periodic_coefficients(parts, period, scale);
    const auto &tables = context.seal().key_context_data()->small_ntt_tables();
    std::vector<std::uint64_t> row(size);
    memory_.resize(size * context.extended_count(level) + LINE - 1);
    void *start = memory_.data();
    std::size_t room = memory_.size() * sizeof(double);
    values_ = static_cast<double *>(std::align(LINE * sizeof(double), sizeof(double), start, room));
    double *to = values_;
    for (std::size_t place : context.extended_places(level)) {
        const std::uint64_t p = context.value(place);
        for (std::size_t j = 0; j < size; j++) {
            const std::int64_t c = coefficients[j];
            zero_ = zero_ && c == 0;
            const std::uint64_t magnitude = static_cast<std::uint64_t>(c < 0 ? -c : c) % p;
            row[j] = c < 0 && magnitude != 0 ? p - magnitude : magnitude;
        }
        transform_in_place(row, power_mod(tables[place].get_root(), context.degree() / size, p), p);
        for (const std::uint64_t value : row) {
            *to++ = centred(value, p);
        }
    }
}

const double *PeriodicPlaintext::written(
    std::size_t t, std::size_t run, std::size_t place, std::size_t count, double *room) const {
    const double *value = values(t) + place / run;
    if (run == 1) {
        return value;
    }
    for (std::size_t i = 0; i < count; i += run, value++) {
        std::fill_n(room + i, run, *value);
    }
    return room;
}

} // namespace seal_nn::kernels
