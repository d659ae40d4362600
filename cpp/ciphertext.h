// Ciphertext: two or three polynomials modulo the primes of its level.
#pragma once

#include <seal/ciphertext.h>

#include "context.h"
#include "objects.h"

namespace seal_nn {

void set_scale(seal::Ciphertext &ciphertext, double scale);

// Two components of zeros at a level, in NTT form, for residues that are to be written.
std::unique_ptr<seal::Ciphertext> new_ciphertext(const seal::SEALContext &context, std::size_t level, double scale);

// Those of all components, N modulo one prime after another.
rust::Slice<const std::uint64_t> residues(const seal::Ciphertext &ciphertext);
rust::Slice<std::uint64_t> residues_mut(seal::Ciphertext &ciphertext);

} // namespace seal_nn
