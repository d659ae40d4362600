#include "mixed_radix.h"

#include "integers.h"

namespace seal_nn::kernels {

MixedRadix::MixedRadix(const std::vector<std::uint64_t> &primes) {
    for (std::size_t t = 0; t < primes.size(); t++) {
        const std::uint64_t p = primes[t];
        std::vector<std::uint64_t> products = { 1 }; // q_0 ... q_(s-1)
        for (std::size_t s = 0; s < t; s++) {
            products.push_back(multiply_mod(products.back(), primes[s] % p, p));
        }
        const std::uint64_t inverse = inverse_mod(products[t], p);
        scales_.push_back(centred(inverse, p));
        radices_.push_back(static_cast<double>(p));
        factors_.emplace_back();
        for (std::size_t s = 0; s < t; s++) {
            factors_.back().push_back(centred(multiply_mod(products[s], inverse, p), p));
        }
    }
}

} // namespace seal_nn::kernels
