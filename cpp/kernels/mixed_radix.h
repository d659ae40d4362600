// Numbers modulo q_0 ... q_l by digits of their own primes: x = v_0 + q_0 (v_1 + q_1 (v_2 + ...)) with |v_t| < q_t / 2.
// Since the primes are odd, every number between plus and minus half of the modulus has exactly one such form, and none
// other has: the sign of a coefficient needs no comparison of long integers (Garner 1959, with centred digits).
#pragma once

#include <cstdint>
#include <vector>

namespace seal_nn::kernels {

class MixedRadix {
  public:
    explicit MixedRadix(const std::vector<std::uint64_t> &primes);

    // v_t = scale_t x - sum_(s<t) factors_t[s] v_s modulo q_t; all centred.
    double scale(std::size_t t) const { return scales_[t]; }
    const double *factors(std::size_t t) const { return factors_[t].data(); }
    const double *radices() const { return radices_.data(); }

  private:
    std::vector<double> scales_, radices_;
    std::vector<std::vector<double>> factors_;
};

} // namespace seal_nn::kernels
