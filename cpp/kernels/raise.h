// Keys for raising a ciphertext from level 0 to the top with an ephemeral sparse secret (Bossuat et al. 2022): one to it, in
// a small context of its own whose modulus is the only one that it is ever used with, and those from it.
#pragma once

#include <seal/secretkey.h>

#include "direct.h"

namespace seal_nn::kernels {

// The size of the keys as they are sent: to the sparse secret s', then from s'(X^element) for each element.
std::size_t raising_keys_size(const Context &tall, const Context &small, std::size_t elements);
// Draws s' with `weight` coefficients that are not 0, all 1 or -1, makes the keys with the tall context's secret key, and
// forgets s'.
void generate_raising_keys(const Context &tall, const Context &small, const seal::SecretKey &secret, std::size_t weight,
                           const std::vector<std::uint32_t> &elements, std::uint8_t *bytes, std::size_t size);

class RaisingKeys {
  public:
    // Of `raising_keys_size` bytes. The elements are the products of all subsets of the `factors`, in the order of
    // `raised_elements`.
    RaisingKeys(const Context &tall, const Context &small, const std::vector<std::uint32_t> &factors,
                const std::uint8_t *bytes, std::size_t size);

    const DirectKeys &to_sparse() const { return to_sparse_; }
    const DirectKeys &from_sparse() const { return from_sparse_; }
    const std::vector<std::uint32_t> &factors() const { return factors_; }

  private:
    std::vector<std::uint32_t> factors_;
    DirectKeys to_sparse_, from_sparse_;
};

// The Galois elements of (1 + g_1) (1 + g_2) ..., multiplied out.
std::vector<std::uint32_t> raised_elements(std::size_t degree, const std::vector<std::uint32_t> &factors);

} // namespace seal_nn::kernels
