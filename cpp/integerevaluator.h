// Evaluator, the part that only BFV and BGV need; what they share with CKKS is in evaluator.h. The checks that give a
// better answer than SEAL's exception are made in Rust (src/seal/integer/) before these are called.
#pragma once

#include "evaluator.h"

namespace seal_nn {

std::unique_ptr<seal::Ciphertext> multiply_plain(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::Plaintext &y);

// Divides by the primes above the level and rounds (BFV), or keeps the residues modulo t (BGV).
std::unique_ptr<seal::Ciphertext> switch_modulus(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                 const seal::Ciphertext &x, std::size_t level);
// A transformed plaintext modulo the primes of a lower level; CKKS has no others.
std::unique_ptr<seal::Plaintext> switch_plaintext(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                  const seal::Plaintext &x, std::size_t level);

std::unique_ptr<seal::Ciphertext> rotate_rows(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::int32_t step, const seal::GaloisKeys &keys);
std::unique_ptr<seal::Ciphertext> rotate_columns(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::GaloisKeys &keys);
std::unique_ptr<seal::Ciphertext> apply_galois(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::uint32_t element, const seal::GaloisKeys &keys);

std::unique_ptr<seal::Plaintext> transform_plaintext(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                     const seal::Plaintext &x, std::size_t level);
// Where SEAL keeps the scheme's ciphertexts transformed anyway, these two are copies.
std::unique_ptr<seal::Ciphertext> transform(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x);
std::unique_ptr<seal::Ciphertext> transform_back(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x);

} // namespace seal_nn
