#include "ciphertext.h"

#include "seal-nn/src/ffi/ciphertext.rs.h"

namespace seal_nn {

void set_scale(seal::Ciphertext &ciphertext, double scale) { ciphertext.scale() = scale; }

} // namespace seal_nn
