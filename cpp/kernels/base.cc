#include "base.h"

#include <stdexcept>
#include <utility>

#include "integers.h"

namespace seal_nn::kernels {

Base::Base(const std::vector<std::uint64_t> &primes, std::vector<std::size_t> sources) : sources_(std::move(sources)) {
    if (sources_.size() > Conversion::MOST) {
        throw std::invalid_argument("a base of more than eight primes");
    }
    const auto product_but = [&](std::size_t left_out, std::uint64_t modulus) {
        std::uint64_t product = 1;
        for (std::size_t source : sources_) {
            product = source == left_out ? product : multiply_mod(product, primes[source] % modulus, modulus);
        }
        return product;
    };
    for (std::size_t i = 0; i < sources_.size(); i++) {
        const std::uint64_t source = primes[sources_[i]];
        scale_[i] = centred(inverse_mod(product_but(sources_[i], source), source), source);
        reciprocal_[i] = 1.0 / static_cast<double>(source);
    }
    for (std::uint64_t target : primes) {
        Target constants = {};
        for (std::size_t i = 0; i < sources_.size(); i++) {
            constants.factor[i] = centred(product_but(sources_[i], target), target);
        }
        const std::uint64_t product = product_but(primes.size(), target); // 0 where the target is a source
        constants.product = centred(product, target);
        constants.inverse = centred(inverse_mod(product, target), target);
        targets_.push_back(constants);
    }
}

Conversion Base::to(std::size_t target, const double *const *scaled, bool rounded) const {
    Conversion conversion = {};
    conversion.count = sources_.size();
    conversion.rounded = rounded;
    conversion.product = targets_[target].product;
    for (std::size_t i = 0; i < sources_.size(); i++) {
        conversion.source[i] = scaled[i];
        conversion.factor[i] = targets_[target].factor[i];
        conversion.inverse[i] = reciprocal_[i];
    }
    return conversion;
}

} // namespace seal_nn::kernels
