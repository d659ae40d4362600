// Decryptor: with the secret key.
#pragma once

#include <seal/decryptor.h>

#include "ciphertext.h"
#include "context.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

// SEAL's decryptor extends its table of powers of the secret key when it meets a larger ciphertext, and reads the table
// without a lock. Ours has the powers for three components from the start and takes no larger ciphertext, so that
// decrypting only reads it.
class Decryptor {
  public:
    Decryptor(const seal::SEALContext &context, const seal::SecretKey &key);
    std::unique_ptr<seal::Plaintext> decrypt(const seal::Ciphertext &ciphertext) const;
    // For BFV and BGV.
    std::int32_t noise_budget(const seal::Ciphertext &ciphertext) const;

  private:
    mutable seal::Decryptor inner_;
};

std::unique_ptr<Decryptor> new_decryptor(const seal::SEALContext &context, const seal::SecretKey &key);

} // namespace seal_nn
