#include "periodic.h"

#include <cmath>
#include <stdexcept>

#include "integers.h"

namespace seal_nn::kernels {

namespace {

std::vector<std::int64_t> periodic_coefficients(const double *parts, std::size_t period, double scale) {
    constexpr double most = 4611686018427387904.0; // 2^62
    const std::size_t order = 4 * period;
    std::vector<double> cosines(order);
    for (std::size_t k = 0; k < order; k++) {
        cosines[k] = std::cos(2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(order));
    }
    std::vector<std::int64_t> coefficients(2 * period);
    for (std::size_t j = 0; j < 2 * period; j++) {
        double sum = 0;
        for (std::size_t k = 0, power = 1; k < period; k++, power = 3 * power % order) {
            const std::size_t angle = power * j % order; // sin a = cos (a - pi/2)
            sum += parts[2 * k] * cosines[angle] + parts[2 * k + 1] * cosines[(angle + 3 * period) % order];
        }
        const double c = std::round(sum * scale / static_cast<double>(period));
        if (!(std::abs(c) < most)) {
            throw std::invalid_argument("a coefficient of a plaintext that is too large");
        }
        coefficients[j] = static_cast<std::int64_t>(c);
    }
    return coefficients;
}

// The transform of X^size + 1 in SEAL's order, one number at a time; `root` is a primitive root of order 2 size.
void transform_in_place(std::vector<std::uint64_t> &x, std::uint64_t root, std::uint64_t p) {
    const std::size_t size = x.size();
    unsigned bits = 0;
    while (std::size_t(1) << bits < size) {
        bits++;
    }
    std::vector<std::uint64_t> roots(size);
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < size; i++, power = multiply_mod(power, root, p)) {
        roots[reverse_bits(static_cast<unsigned>(i), bits)] = power;
    }
    for (std::size_t blocks = 1, gap = size / 2; blocks < size; blocks *= 2, gap /= 2) {
        for (std::size_t block = 0; block < blocks; block++) {
            for (std::size_t j = 2 * block * gap; j < (2 * block + 1) * gap; j++) {
                const std::uint64_t u = x[j], v = multiply_mod(x[j + gap], roots[blocks + block], p);
                x[j] = (u + v) % p, x[j + gap] = (u + p - v) % p;
            }
        }
    }
}

} // namespace

PeriodicPlaintext::PeriodicPlaintext(
    const Context &context, const double *parts, std::size_t period, std::size_t level, double scale)
    : level_(level), period_(period), scale_(scale), zero_(true) {
    const std::size_t size = 2 * period;
    if (period == 0 || (period & (period - 1)) != 0 || context.degree() / size < SHORTEST_RUN ||
        level >= context.data_count()) {
        throw std::invalid_argument("a period that is no power of two or too long, or a level above the modulus chain");
    }
    const std::vector<std::int64_t> coefficients = periodic_coefficients(parts, period, scale);
    const auto &tables = context.seal().key_context_data()->small_ntt_tables();
    std::vector<std::uint64_t> row(size);
    values_.reserve(size * context.extended_count(level));
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
            values_.push_back(centred(value, p));
        }
    }
}

} // namespace seal_nn::kernels
