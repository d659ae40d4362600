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

namespace {

rust::Vec<std::uint64_t> values(const std::vector<seal::Modulus> &moduli) {
    rust::Vec<std::uint64_t> values;
    for (const auto &modulus : moduli) {
        values.push_back(modulus.value());
    }
    return values;
}

} // namespace

rust::Vec<std::uint64_t> create_primes(std::size_t degree, rust::Slice<const std::int32_t> bits) {
    return values(seal::CoeffModulus::Create(degree, std::vector<int>(bits.begin(), bits.end())));
}

rust::Vec<std::uint64_t> default_primes(std::size_t degree) {
    return values(seal::CoeffModulus::BFVDefault(degree, seal::sec_level_type::tc128));
}

} // namespace seal_nn
