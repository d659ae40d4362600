// Every operation of kernels::HybridEvaluator.
#pragma once

#include <utility>

#include "setting.h"

namespace seal_nn::sanitize {

// The operands of one level.
struct Inputs {
    Inputs(const Setting &setting, std::size_t level);
    Values a, b;
    seal::Ciphertext x, y, product; // of a, of b, of a b in three components
    seal::Plaintext plain;          // of b
};

// Steps for which the operations want keys, beside relinearisation.
std::vector<int> steps(const Setting &setting);

// What the client computes: real vectors encoded, encrypted and decoded, and what is refused.
void check_client(const Setting &setting, const kernels::HybridEvaluator &hybrid, std::size_t level, const Inputs &in);

// On every code path, at every level, with keys for the whole chain and with keys cut to the level: results decrypt to
// what they should, and are the same on all paths.
void check_operations(Setting &setting);

} // namespace seal_nn::sanitize
