// Plaintext: an encoded polynomial.
#pragma once

#include <seal/plaintext.h>

#include "objects.h"

namespace seal_nn {

// In the pool of the original: a copy of a decrypted plaintext is cleared like the original.
std::unique_ptr<seal::Plaintext> copy_plaintext(const seal::Plaintext &plaintext);

} // namespace seal_nn
