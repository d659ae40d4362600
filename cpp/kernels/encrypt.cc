// Encryption of real vectors with the secret key.
#include <cstring>
#include <stdexcept>

#include "hybrid.h"
#include "seeded.h"
#include "wiped.h"

namespace seal_nn::kernels {

std::size_t HybridEvaluator::seeded_size(std::size_t level) const {
    return SeededLayout((level + 1) * context_.degree()).size();
}

bool HybridEvaluator::encrypt(const seal::SecretKey &secret, const double *values, std::size_t count, std::size_t level,
                              double scale, double most, std::uint8_t *bytes, std::size_t size) const {
    const std::size_t n = context_.degree(), stride = context_.stride();
    check_slots(count, level);
    const SeededLayout layout((level + 1) * n);
    if (size != layout.size()) {
        throw std::invalid_argument("room of another size than the ciphertext's");
    }
    ScratchPool::Lease shared(scratch_);
    // (m - e) - a s, so that the error shares the transform of the message.
    double *const c = shared->coefficients.at_least(stride);
    const Wiped wiped(c, stride);
    if (!coefficients(values, count, scale, most, c)) {
        return false;
    }
    layout.write(context_.of_level(level), scale, bytes);

    // The seed and then the error from one generator, as in SEAL's encrypt_zero_symmetric.
    const Generator random = new_generator(context_);
    std::uint64_t seed[SEED_WORDS];
    random->generate(sizeof seed, reinterpret_cast<seal::seal_byte *>(seed));
    std::memcpy(bytes + layout.seed(), seed, sizeof seed);

    add_error(context_, random, -1, c);
    auto *const a = reinterpret_cast<std::uint64_t *>(shared->digits.at_least((level + 1) * n));
    sample_uniform(context_, context_.data_places(level), generator_from(context_, seed), a);

    Conversion copy = {};
    copy.count = 1, copy.source[0] = c;
    with_team(level, [&](Team &team) {
        team.each(level + 1, [&](std::size_t i) {
            const Path &path = context_.path();
            const Prime &prime = context_.prime(i);
            ScratchPool::Lease own(scratch_);
            const Rows row(own->sums.at_least(2 * stride), stride);
            const Wiped wiped(row[0], 2 * stride);
            auto *const residues = reinterpret_cast<std::uint64_t *>(own->quotient.at_least(n));
            const Factors product(a, secret.data().data());
            path.convert(prime, copy, row[0]);
            path.multiply_sum(prime, 1, &product, i * n, row[1]);
            path.finish(prime, row[0], row[1], 1, {}, nullptr, residues);
            // Whose place is not aligned.
            std::memcpy(bytes + SeededLayout::RESIDUES + 8 * i * n, residues, 8 * n);
        });
    });
    return true;
}

} // namespace seal_nn::kernels
