// SEALContext: the checked parameters and everything SEAL computes from them once.
#pragma once

#include <seal/context.h>

#include <array>
#include <cstdint>
#include <memory>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// Always a context: whether SEAL accepted the parameters, `parameter_error` says. Scheme and security are values of
// SEAL's enumerations; CKKS has no plain modulus, which is then 0. With a seed of one word everything random that is
// made from the context follows from it (random.h); with an empty one it comes from the operating system.
std::unique_ptr<seal::SEALContext> new_context(std::uint8_t scheme, std::size_t degree,
                                               rust::Slice<const std::uint64_t> primes, std::uint64_t plain_modulus,
                                               std::int32_t security, rust::Slice<const std::uint64_t> seed);

// SEAL's name for its refusal ("success" where there is none), and its explanation.
rust::String parameter_error(const seal::SEALContext &context);
rust::String parameter_error_message(const seal::SEALContext &context);

// The levels for which SEAL has tables: a chain ends above level 0 where the primes that are left do not exceed the plain
// modulus.
std::size_t highest_level(const seal::SEALContext &context);
std::size_t lowest_level(const seal::SEALContext &context);

// Whether the plaintexts are vectors: always with CKKS, else where the plain modulus has the roots of unity.
bool has_slots(const seal::SEALContext &context);

// SEAL's names for the parameters of a level, and for those of the keys.
std::array<std::uint64_t, 4> parms_id(const seal::SEALContext &context, std::size_t level);
std::array<std::uint64_t, 4> key_parms_id(const seal::SEALContext &context);

// For the other files here: the parameters at a level, level l having the primes q_0 ... q_l.
const seal::SEALContext::ContextData &at_level(const seal::SEALContext &context, std::size_t level);

// Whether SEAL keeps the ciphertexts of the scheme transformed. SEAL 4.1 changed it for BGV.
bool keeps_transformed(const seal::SEALContext &context);

} // namespace seal_nn
