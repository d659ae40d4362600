// Arithmetic modulo a prime, one number at a time: for tables and constants.
#pragma once

#include <cstdint>

namespace seal_nn::kernels {

__extension__ typedef unsigned __int128 Wide;

inline std::uint64_t multiply_mod(std::uint64_t a, std::uint64_t b, std::uint64_t p) {
    return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % p);
}

inline std::uint64_t power_mod(std::uint64_t base, std::uint64_t exponent, std::uint64_t p) {
    std::uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1, base = multiply_mod(base, base, p)) {
        if (exponent & 1) {
            result = multiply_mod(result, base, p);
        }
    }
    return result;
}

inline std::uint64_t inverse_mod(std::uint64_t a, std::uint64_t p) { return power_mod(a % p, p - 2, p); }

// The representative between -p/2 and p/2.
inline double centred(std::uint64_t residue, std::uint64_t p) {
    return residue > p / 2 ? -static_cast<double>(p - residue) : static_cast<double>(residue);
}

inline unsigned reverse_bits(unsigned value, unsigned count) {
    unsigned reversed = 0;
    for (unsigned k = 0; k < count; k++) {
        reversed |= (value >> k & 1) << (count - 1 - k);
    }
    return reversed;
}

} // namespace seal_nn::kernels
