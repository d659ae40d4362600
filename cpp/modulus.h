// Coefficient moduli: SEAL's limits, its security table, its own choice of primes.
#pragma once

#include <cstdint>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

struct Limits;

Limits limits();

// Bits the whole modulus may have for 128-bit security at ring degree N, SEAL's table; 0 where the table has no entry.
std::uint32_t secure_modulus_bits(std::size_t degree);

// CoeffModulus::Create.
rust::Vec<std::uint64_t> create_primes(std::size_t degree, rust::Slice<const std::int32_t> bits);

// CoeffModulus::BFVDefault at 128-bit security.
rust::Vec<std::uint64_t> default_primes(std::size_t degree);

} // namespace seal_nn
