#include "decryptor.h"

#include <stdexcept>

#include "seal-nn/src/ffi/decryptor.rs.h"

namespace seal_nn {

namespace {

constexpr std::size_t largest_size = 3;

void check_size(const seal::Ciphertext &ciphertext) {
    if (ciphertext.size() > largest_size) {
        throw std::invalid_argument("more than three components");
    }
}

} // namespace

Decryptor::Decryptor(const seal::SEALContext &context, const seal::SecretKey &key) : inner_(context, key) {
    seal::Ciphertext zeros;
    zeros.resize(context, context.last_parms_id(), largest_size);
    zeros.is_ntt_form() = keeps_transformed(context);
    seal::Plaintext unused;
    inner_.decrypt(zeros, unused); // fills the table of powers
}

std::unique_ptr<seal::Plaintext> Decryptor::decrypt(const seal::Ciphertext &ciphertext) const {
    check_size(ciphertext);
    // A pool of its own, cleared when the plaintext goes.
    auto plaintext = std::make_unique<seal::Plaintext>(
        seal::MemoryManager::GetPool(seal::mm_prof_opt::mm_force_new, true));
    inner_.decrypt(ciphertext, *plaintext);
    return plaintext;
}

std::int32_t Decryptor::noise_budget(const seal::Ciphertext &ciphertext) const {
    check_size(ciphertext);
    return inner_.invariant_noise_budget(ciphertext);
}

std::unique_ptr<Decryptor> new_decryptor(const seal::SEALContext &context, const seal::SecretKey &key) {
    return std::make_unique<Decryptor>(context, key);
}

} // namespace seal_nn
