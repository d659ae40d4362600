// Plaintexts from the coefficients of real slots.
#include <cmath>
#include <stdexcept>

#include "hybrid.h"

namespace seal_nn::kernels {

void HybridEvaluator::round_cosines(const double *half, double *to) const {
    const std::size_t n = context_.degree();
    to[0] = std::round(half[0]), to[n / 2] = 0;
    for (std::size_t j = 1; j < n / 2; j++) {
        to[j] = std::round(half[j]), to[n - j] = -to[j];
    }
}

void HybridEvaluator::encode(
    const double *half, std::size_t count, std::size_t level, double scale, seal::Plaintext &to) const {
    const std::size_t n = context_.degree(), stride = context_.stride();
    if (count != n / 2 || level >= context_.data_count()) {
        throw std::invalid_argument("coefficients of another ring, or a level above the modulus chain");
    }
    ScratchPool::Lease shared(scratch_);
    double *const c = shared->coefficients.at_least(stride);
    round_cosines(half, c);
    // Of no level while it is given its size.
    to.parms_id() = seal::parms_id_zero;
    resize_unset(to, n * (level + 1));
    to.resize(n * (level + 1));
    Conversion copy = {};
    copy.count = 1, copy.source[0] = c;
    with_team(level, [&](Team &team) {
        team.each(level + 1, [&](std::size_t i) {
            ScratchPool::Lease own(scratch_);
            double *const row = own->sums.at_least(stride);
            context_.path().convert(context_.prime(i), copy, row);
            context_.path().store(context_.prime(i), row, to.data() + i * n);
        });
    });
    to.parms_id() = context_.of_level(level).parms_id();
    to.scale() = scale;
}

} // namespace seal_nn::kernels
