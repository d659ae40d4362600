// Residue polynomials that lie one behind the other.
#pragma once

#include <cstddef>

namespace seal_nn::kernels {

class Rows {
  public:
    Rows(double *data, std::size_t stride) : data_(data), stride_(stride) {}
    double *operator[](std::size_t i) const { return data_ + i * stride_; }

  private:
    double *data_;
    std::size_t stride_;
};

// No chain has more: SEAL takes 64 primes.
constexpr std::size_t MOST_DIGITS = 64;

} // namespace seal_nn::kernels
