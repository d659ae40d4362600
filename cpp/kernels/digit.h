// One digit of a decomposition: some consecutive primes of a level, and how a number modulo their product is extended to other
// primes.
//
// A centred number x is v_0 + q_0 (v_1 + q_1 v_2) with centred v_i (mixed_radix.h): exactly, so the digit is uniform in
// (-D/2, D/2), and modulo another prime it takes one product fewer than the conversion of base.h.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "integers.h"
#include "mixed_radix.h"
#include "path.h"

namespace seal_nn::kernels {

class Digit {
  public:
    static constexpr std::size_t MOST = 7;

    // The places `first` to `first + count - 1` in `primes`.
    Digit(const std::vector<std::uint64_t> &primes, std::size_t first, std::size_t count)
        : count_(count), radix_({ primes.begin() + static_cast<std::ptrdiff_t>(first),
                                  primes.begin() + static_cast<std::ptrdiff_t>(first + count) }) {
        for (const std::uint64_t target : primes) {
            std::uint64_t product = 1;
            radices_.emplace_back();
            for (std::size_t i = 0; i < count; i++) {
                radices_.back()[i] = centred(product, target);
                product = multiply_mod(product, primes[first + i] % target, target);
            }
        }
    }

    std::size_t count() const { return count_; }
    const MixedRadix &radix() const { return radix_; }
    // q_0 ... q_(i-1) modulo a target, centred.
    const double *radices(std::size_t target) const { return radices_[target].data(); }

  private:
    std::size_t count_;
    MixedRadix radix_;
    std::vector<std::array<double, MOST>> radices_;
};

} // namespace seal_nn::kernels
