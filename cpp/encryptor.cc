#include "encryptor.h"

#include "seal-nn/src/ffi/encryptor.rs.h"

namespace seal_nn {

std::unique_ptr<seal::Encryptor> public_encryptor(const seal::SEALContext &context, const seal::PublicKey &key) {
    return std::make_unique<seal::Encryptor>(context, key);
}

std::unique_ptr<seal::Encryptor> symmetric_encryptor(const seal::SEALContext &context, const seal::SecretKey &key) {
    return std::make_unique<seal::Encryptor>(context, key);
}

std::unique_ptr<seal::Ciphertext> encrypt(const seal::Encryptor &encryptor, const seal::Plaintext &plaintext) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    encryptor.encrypt(plaintext, *ciphertext);
    return ciphertext;
}

std::unique_ptr<seal::Ciphertext> encrypt_symmetric(
    const seal::Encryptor &encryptor, const seal::Plaintext &plaintext) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    encryptor.encrypt_symmetric(plaintext, *ciphertext);
    return ciphertext;
}

std::unique_ptr<seal::Ciphertext> encrypt_zero(
    const seal::Encryptor &encryptor, const seal::SEALContext &context, std::size_t level) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    encryptor.encrypt_zero(at_level(context, level).parms_id(), *ciphertext);
    return ciphertext;
}

std::unique_ptr<seal::Ciphertext> encrypt_zero_symmetric(
    const seal::Encryptor &encryptor, const seal::SEALContext &context, std::size_t level) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    encryptor.encrypt_zero_symmetric(at_level(context, level).parms_id(), *ciphertext);
    return ciphertext;
}

std::unique_ptr<std::vector<std::uint8_t>> encrypt_seeded(
    const seal::Encryptor &encryptor, const seal::Plaintext &plaintext) {
    return seeded_bytes(encryptor.encrypt_symmetric(plaintext));
}

} // namespace seal_nn
