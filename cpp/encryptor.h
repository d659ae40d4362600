// Encryptor: under the public key, or under the secret key.
#pragma once

#include <seal/encryptor.h>

#include "ciphertext.h"
#include "context.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

std::unique_ptr<seal::Encryptor> public_encryptor(const seal::SEALContext &context, const seal::PublicKey &key);
std::unique_ptr<seal::Encryptor> symmetric_encryptor(const seal::SEALContext &context, const seal::SecretKey &key);

std::unique_ptr<seal::Ciphertext> encrypt(const seal::Encryptor &encryptor, const seal::Plaintext &plaintext);
std::unique_ptr<seal::Ciphertext> encrypt_symmetric(const seal::Encryptor &encryptor, const seal::Plaintext &plaintext);
// Encryptions of zero at a level.
std::unique_ptr<seal::Ciphertext> encrypt_zero(
    const seal::Encryptor &encryptor, const seal::SEALContext &context, std::size_t level);
std::unique_ptr<seal::Ciphertext> encrypt_zero_symmetric(
    const seal::Encryptor &encryptor, const seal::SEALContext &context, std::size_t level);
std::unique_ptr<std::vector<std::uint8_t>> encrypt_seeded(
    const seal::Encryptor &encryptor, const seal::Plaintext &plaintext);

} // namespace seal_nn
