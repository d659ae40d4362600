// The keys, secret and public, and what a set of Galois keys holds.
#pragma once

#include <seal/galoiskeys.h>
#include <seal/publickey.h>
#include <seal/relinkeys.h>
#include <seal/secretkey.h>

#include <functional>

#include "objects.h"

namespace seal_nn {

// All residues of a secret key, transformed: a view, so that no copy needs clearing.
inline rust::Slice<const std::uint64_t> secret_residues(const seal::SecretKey &key) {
    return { key.data().data(), key.data().coeff_count() };
}

// The rotations whose automorphism has a key, as steps k with -S/2 < k <= S/2, in ascending order of k mod S.
rust::Vec<std::int32_t> steps_where(
    const seal::SEALContext &context, const std::function<bool(std::uint32_t)> &has_key);
rust::Vec<std::int32_t> galois_steps(const seal::SEALContext &context, const seal::GaloisKeys &keys);

// The automorphisms X -> X^element for which there is a key, ascending.
rust::Vec<std::uint32_t> galois_elements(const seal::GaloisKeys &keys);

bool has_conjugation_key(const seal::SEALContext &context, const seal::GaloisKeys &keys);

// SEAL builds the permutation of a Galois element when it first meets it: have it done before threads share the context.
void prepare_permutations(const seal::SEALContext &context, const seal::GaloisKeys &keys);

} // namespace seal_nn
