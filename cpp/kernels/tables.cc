#include "tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "integers.h"

namespace seal_nn::kernels {

namespace {

unsigned log2_of(std::size_t n) {
    unsigned log = 0;
    while (n >> (log + 1) != 0) {
        log++;
    }
    return log;
}

// Root and quotient above the last levels, then the last levels; see ntt.h.
std::size_t upper_roots(const Path &path, std::size_t degree) { return degree / (path.width * path.width); }

constexpr std::size_t LINE = 8; // doubles

std::size_t aligned(std::size_t count) { return (count + LINE - 1) / LINE * LINE; }

} // namespace

PrimeTables::PrimeTables(const Path &path, std::size_t degree, std::uint64_t value, std::uint64_t root)
    : memory_(2 * (2 * aligned(upper_roots(path, degree)) + 2 * degree)) {
    const unsigned bits = log2_of(value) + 1;
    if (bits > PRIME_BITS) {
        throw std::invalid_argument("the kernels take primes below 2^50");
    }
    prime_.value = value;
    prime_.p = static_cast<double>(value);
    prime_.inverse = 1.0 / prime_.p;
    prime_.small = bits <= SMALL_PRIME_BITS;
    prime_.degree = degree;
    prime_.degree_inverse = centred(inverse_mod(degree, value), value);
    prime_.half_word = centred((std::uint64_t(1) << 32) % value, value);
    // |k| <= p/2. Large primes: |x| <= p/2, four terms are below 2^(2 bits). Small ones: |x| <= 15 p (a transform of a
    // conversion below 3 p), sixteen are below 120 * 2^(2 bits). The start is 1.5 times a power of two that is at least
    // twice that, so that the sums stay in its binade.
    const int exponent = 2 * static_cast<int>(bits) + (prime_.small ? 8 : 2);
    prime_.sum_start = std::ldexp(1.5, exponent);
    prime_.sum_terms = prime_.small ? 16 : 4;
    prime_.conversion_start = std::ldexp(1.5, static_cast<int>(PRIME_BITS + bits) + 2);
    const std::size_t each = 2 * aligned(upper_roots(path, degree)) + 2 * degree;
    prime_.forward = fill(path, root, memory_.data());
    prime_.backward = fill(path, inverse_mod(root, value), memory_.data() + each);
}

Roots PrimeTables::fill(const Path &path, std::uint64_t root, double *memory) const {
    const std::size_t n = prime_.degree, width = path.width, upper = upper_roots(path, n);
    const unsigned bits = log2_of(n);
    std::vector<double> all(n);
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < n; i++, power = multiply_mod(power, root, prime_.value)) {
        all[reverse_bits(static_cast<unsigned>(i), bits)] = centred(power, prime_.value);
    }
    double *roots = memory, *quotients = roots + aligned(upper), *last = quotients + aligned(upper);
    for (std::size_t i = 0; i < upper; i++) {
        roots[i] = all[i], quotients[i] = all[i] / prime_.p;
    }
    // Block b is the root of index n / width^2 + b on the block's first level. One root for each place of the levels above
    // the transposition, as many as a vector has for those below; the quotients beside them.
    for (std::size_t i = upper; i < 2 * upper; i++, last += 2 * width * width) {
        double *next = last;
        for (std::size_t level = 1; level < width; level *= 2) {
            for (std::size_t k = 0; k < level; k++, next++) {
                next[0] = all[i * level + k], next[width] = next[0] / prime_.p;
            }
        }
        next = last + 2 * width;
        for (std::size_t level = 1; level < width; level *= 2) {
            for (std::size_t k = 0; k < level; k++, next += 2 * width) {
                for (std::size_t lane = 0; lane < width; lane++) {
                    next[lane] = all[(width * i + lane) * level + k];
                    next[width + lane] = next[lane] / prime_.p;
                }
            }
        }
    }
    return { roots, quotients, quotients + aligned(upper) };
}

PermutationTable::PermutationTable(const Path &path, std::size_t degree, std::uint32_t element)
    : from_(degree / path.width), order_(degree / path.width), lanes_(path.width * path.lane_bytes / sizeof(double)) {
    const unsigned bits = log2_of(degree), width = static_cast<unsigned>(path.width);
    std::vector<std::vector<unsigned>> orders;
    for (std::size_t group = 0; group < from_.size(); group++) {
        std::vector<unsigned> lanes(width);
        std::size_t start = 0;
        for (unsigned lane = 0; lane < width; lane++) {
            // Value i is at psi^(2 j + 1); after the automorphism it is what was at the element-th power of that.
            const std::uint64_t j = reverse_bits(static_cast<unsigned>(group * width + lane), bits);
            const std::uint64_t power = (2 * j + 1) * element % (2 * degree);
            const std::size_t source = reverse_bits(static_cast<unsigned>(power / 2), bits);
            start = source / width;
            lanes[lane] = static_cast<unsigned>(source % width);
        }
        from_[group] = static_cast<std::uint16_t>(start);
        auto known = std::find(orders.begin(), orders.end(), lanes);
        order_[group] = static_cast<std::uint8_t>(known - orders.begin());
        if (known == orders.end()) {
            orders.push_back(lanes);
        }
    }
    if (orders.size() > width) {
        throw std::logic_error("an automorphism that does not map groups to groups");
    }
    for (std::size_t i = 0; i < orders.size(); i++) {
        path.set_lanes(reinterpret_cast<char *>(lanes_.data()) + i * path.lane_bytes, orders[i].data());
    }
}

} // namespace seal_nn::kernels
