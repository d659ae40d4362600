// SEALContext: the checked parameters and everything SEAL computes from them once.
#pragma once

#include <seal/context.h>

#include <cstdint>
#include <memory>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// Always a context: whether SEAL accepted the parameters, `parameter_error` says. Scheme and security are values of
// SEAL's enumerations.
std::unique_ptr<seal::SEALContext> new_context(
    std::uint8_t scheme, std::size_t degree, rust::Slice<const std::uint64_t> primes, std::int32_t security);

// SEAL's name for its refusal ("success" where there is none), and its explanation.
rust::String parameter_error(const seal::SEALContext &context);
rust::String parameter_error_message(const seal::SEALContext &context);

// For the other files here: the parameters at a level, level l having the primes q_0 ... q_l.
const seal::SEALContext::ContextData &at_level(const seal::SEALContext &context, std::size_t level);

} // namespace seal_nn
