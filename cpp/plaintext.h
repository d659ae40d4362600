// Plaintext: an encoded polynomial.
#pragma once

#include <seal/plaintext.h>

#include "objects.h"

namespace seal_nn {

// In the pool of the original: a copy of a decrypted plaintext is cleared like the original.
std::unique_ptr<seal::Plaintext> copy_plaintext(const seal::Plaintext &plaintext);

// A polynomial with these coefficients, the constant one first; one at least, for SEAL's sake.
std::unique_ptr<seal::Plaintext> plaintext_of(rust::Slice<const std::uint64_t> coefficients);

// The coefficients as they are: `to` has room for `coeff_count` of them.
void copy_coefficients(const seal::Plaintext &plaintext, rust::Slice<std::uint64_t> to);

} // namespace seal_nn
