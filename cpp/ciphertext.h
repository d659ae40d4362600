// Ciphertext: two or three polynomials modulo the primes of its level.
#pragma once

#include <seal/ciphertext.h>

#include "objects.h"

namespace seal_nn {

void set_scale(seal::Ciphertext &ciphertext, double scale);

} // namespace seal_nn
