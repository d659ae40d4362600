// Base conversion: the constants of a product S of up to eight primes, for every target prime.
#pragma once

#include <vector>

#include "path.h"

namespace seal_nn::kernels {

class Base {
  public:
    // `sources` are places in `primes`.
    Base(const std::vector<std::uint64_t> &primes, std::vector<std::size_t> sources);

    const std::vector<std::size_t> &sources() const { return sources_; }
    // (S/s)^-1 modulo source number i, s: what its residues are multiplied with before they are converted.
    double scale(std::size_t i) const { return scale_[i]; }
    // S and its inverse modulo a target, all centred.
    double product(std::size_t target) const { return targets_[target].product; }
    double inverse(std::size_t target) const { return targets_[target].inverse; }

    // From scaled residues, coefficients both.
    Conversion to(std::size_t target, const double *const *scaled, bool rounded) const;

  private:
    struct Target {
        double factor[Conversion::MOST]; // S/s
        double product, inverse;
    };
    std::vector<std::size_t> sources_;
    double scale_[Conversion::MOST], reciprocal_[Conversion::MOST];
    std::vector<Target> targets_;
};

} // namespace seal_nn::kernels
