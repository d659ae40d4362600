// Noise that hides the noise of a ciphertext.
#pragma once

#include "ciphertext.h"
#include "context.h"

namespace seal_nn {

// Adds to the first component, and so to what is decrypted, a polynomial of rounded normal coefficients with this
// deviation, from SEAL's generator. Doubles are exact for every step of a deviation of up to 45 bits.
void add_flood(const seal::SEALContext &context, double deviation, seal::Ciphertext &ciphertext);

} // namespace seal_nn
