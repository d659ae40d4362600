// Evaluator: arithmetic on ciphertexts. The checks that give a better answer than SEAL's exception are made in Rust
// (src/seal/evaluator.rs) before these are called.
#pragma once

#include <seal/evaluator.h>

#include "ciphertext.h"
#include "context.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

struct Product;

std::unique_ptr<seal::Evaluator> new_evaluator(const seal::SEALContext &context);

// Where SEAL refuses these, `x` is as it was.
void add_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Ciphertext &y);
void sub_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Ciphertext &y);
void negate_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x);
void add_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y);
void sub_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y);
void multiply_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y);

// Three components.
std::unique_ptr<seal::Ciphertext> multiply(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                           const seal::Ciphertext &x, const seal::Ciphertext &y);
std::unique_ptr<seal::Ciphertext> square(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x);
std::unique_ptr<seal::Ciphertext> multiply_sum(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, rust::Slice<const Product> products);

void relinearize_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::RelinKeys &keys);
void rescale_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x);

// The ciphertext modulo the primes of a lower level, in one copy; SEAL makes one for each level passed.
std::unique_ptr<seal::Ciphertext> drop_to(
    const seal::SEALContext &context, const seal::Ciphertext &x, std::size_t level);
void drop_to_inplace(const seal::SEALContext &context, seal::Ciphertext &x, std::size_t level);

std::unique_ptr<seal::Ciphertext> rotate(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::int32_t step, const seal::GaloisKeys &keys);
std::unique_ptr<seal::Ciphertext> conjugate(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::GaloisKeys &keys);

} // namespace seal_nn
