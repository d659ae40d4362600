// Plaintexts whose slots repeat with a period n: polynomials in Y = X^(N / 2n), with 2n coefficients. In transform order the
// value modulo a prime depends on the highest bits of the place alone, so that each of 2n values stands N / 2n times in a
// row: only these are kept.
#pragma once

#include <cstdint>
#include <vector>

#include "context.h"

namespace seal_nn::kernels {

class PeriodicPlaintext {
  public:
    // The fewest values that an operation takes at a time: where one value stands fewer times in a row, values are written out
    // for it.
    static constexpr std::size_t SHORTEST_RUN = 32;

    // Slots given by real and imaginary parts in turn, times the scale: coefficients round(scale / n sum_k Re(z_k
    // conj(zeta_k)^j)), zeta_k = exp(2 pi i 3^k / 4n), below 2^62 in magnitude.
    PeriodicPlaintext(const PeriodicPlaintext &) = delete;
    PeriodicPlaintext &operator=(const PeriodicPlaintext &) = delete;
    PeriodicPlaintext(
        const Context &context, const double *parts, std::size_t period, std::size_t level, double scale);

    std::size_t level() const { return level_; }
    std::size_t period() const { return period_; }
    double scale() const { return scale_; }
    bool is_zero() const { return zero_; }
    // The 2n values modulo the t-th prime of the extended base, centred.
    const double *values(std::size_t t) const { return values_ + 2 * period_ * t; }
    // `count` of them from a place on, both multiples of the run, as they stand in a whole plaintext: written to `room`, unless
    // each stands there once.
    const double *written(std::size_t t, std::size_t run, std::size_t place, std::size_t count, double *room) const;

  private:
    std::size_t level_, period_;
    double scale_;
    bool zero_;
    // Not on large pages, of which thousands of plaintexts would fill their last ones in part.
    std::vector<double> memory_;
    double *values_; // in it, aligned for vectors
};

} // namespace seal_nn::kernels
