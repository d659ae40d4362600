#include "plaintext.h"

#include "seal-nn/src/ffi/plaintext.rs.h"

namespace seal_nn {

std::unique_ptr<seal::Plaintext> copy_plaintext(const seal::Plaintext &plaintext) {
    return std::make_unique<seal::Plaintext>(plaintext, plaintext.pool());
}

} // namespace seal_nn
