#include "modulus.h"

#include <seal/modulus.h>
#include <vector>

#include "seal-nn/src/ffi/modulus.rs.h"

namespace seal_nn {

Limits limits() {
    return {SEAL_POLY_MOD_DEGREE_MIN, SEAL_POLY_MOD_DEGREE_MAX, SEAL_USER_MOD_BIT_COUNT_MIN,
            SEAL_USER_MOD_BIT_COUNT_MAX, SEAL_COEFF_MOD_COUNT_MAX};
}

std::uint32_t secure_modulus_bits(std::size_t degree) {
    return static_cast<std::uint32_t>(seal::CoeffModulus::MaxBitCount(degree, seal::sec_level_type::tc128));
}

rust::Vec<std::uint64_t> create_primes(std::size_t degree, rust::Slice<const std::int32_t> bits) {
    rust::Vec<std::uint64_t> primes;
    for (const auto &prime : seal::CoeffModulus::Create(degree, std::vector<int>(bits.begin(), bits.end()))) {
        primes.push_back(prime.value());
    }
    return primes;
}

} // namespace seal_nn
