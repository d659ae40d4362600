// Between contexts of one ring: objects that both understand, under another identifier.
#pragma once

#include <seal/ciphertext.h>
#include <seal/secretkey.h>

#include "context.h"
#include "objects.h"

namespace seal_nn {

// The same residues for a context with the same primes up to the ciphertext's level.
std::unique_ptr<seal::Ciphertext> adopt_ciphertext(const seal::SEALContext &context, const seal::Ciphertext &x);

// The same polynomial modulo the primes of another context of the same degree.
std::unique_ptr<seal::SecretKey> adopt_secret_key(
    const seal::SEALContext &context, const seal::SEALContext &own, const seal::SecretKey &key);

} // namespace seal_nn
