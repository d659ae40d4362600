// Key switching on ciphertexts of SEAL: rotations, relinearisation, sums of rotated products.
#pragma once

#include <seal/ciphertext.h>
#include <seal/plaintext.h>

#include "keys.h"
#include "rows.h"
#include "scratch.h"

namespace seal_nn::kernels {

// Residues of a plaintext modulo the special primes, in transform order.
using SpecialResidues = std::vector<std::uint64_t>;

// p rotate(x, baby), within a group whose sum is rotated by `giant`: Galois elements, 1 for no rotation.
struct Term {
    std::uint32_t giant, baby;
    const seal::Plaintext *plain;
    const SpecialResidues *special;
};

class Switcher {
  public:
    Switcher(const seal::SEALContext &context, std::size_t special_count, const Path &path)
        : context_(context, special_count, path) {}
    const Context &context() const { return context_; }

    // X -> X^element on two components; `keys` has the key.
    void rotate(const seal::Ciphertext &x, std::uint32_t element, const SwitchingKeys &keys, seal::Ciphertext &to) const;
    // The same for several elements, with one decomposition: it is read only, so threads may share it.
    class Hoisted;
    std::unique_ptr<Hoisted> hoist(const seal::Ciphertext &x) const;
    void rotate(const Hoisted &x, std::uint32_t element, const SwitchingKeys &keys, seal::Ciphertext &to) const;
    // Three components to two; divided by the top prime too where `rescale`.
    void relinearise(const seal::Ciphertext &x, const SwitchingKeys &keys, bool rescale, seal::Ciphertext &to) const;
    // sum over groups of rotate(sum over their terms of p rotate(x, baby), giant): one decomposition of x, one of each
    // group's sum, one division in all. Terms of one group lie together.
    void transform(const seal::Ciphertext &x, const std::vector<Term> &terms, const SwitchingKeys &keys,
                   seal::Ciphertext &to) const;

    // What `transform` wants beside a plaintext.
    SpecialResidues extend(const seal::Plaintext &plain) const;

  private:
    struct Switch;
    struct Group;

    // Coefficients of the digits of a polynomial in transform order: from SEAL's residues, or from reduced ones.
    void decompose(std::size_t level, const std::uint64_t *c, Scratch &scratch) const;
    void decompose(std::size_t level, const Rows &c, Scratch &scratch) const;
    // The digits modulo the t-th prime, in transform order, at `to`: x points to them. `own` are the reduced residues of
    // the polynomial itself, which are those of the digit that the prime belongs to.
    void extend_digits(std::size_t level, std::size_t t, const double *own, const Scratch &scratch, double *to,
                       const double **x) const;
    // The same for SEAL's residues.
    void extend_digits(std::size_t level, std::size_t t, const std::uint64_t *c, const Scratch &scratch, double *to,
                       const double **x) const;
    // For all primes, to scratch.digits.
    void extend_all(std::size_t level, const std::uint64_t *c, Scratch &scratch) const;
    void hoisted_digits(std::size_t level, std::size_t t, const Scratch &scratch, const double **x) const;

    void run(const Switch &s, Scratch &scratch) const;
    std::vector<Group> group(const std::vector<Term> &terms, std::vector<std::uint32_t> &babies) const;
    void add_babies(const seal::Ciphertext &x, const std::vector<Group> &groups,
                    const std::vector<std::uint32_t> &babies, const SwitchingKeys &keys, Scratch &scratch) const;
    void add_giant(std::size_t level, const Group &group, const Group &sum, const SwitchingKeys &keys,
                   Scratch &scratch) const;
    // The special primes' part of a half of a sum, in coefficients scaled for the conversion.
    void scale_special(std::size_t level, const Rows &half, double *to, const double **scaled) const;

    void check(const seal::Ciphertext &x, std::size_t size) const;
    void shape(const seal::Ciphertext &x, std::size_t level, seal::Ciphertext &to) const;
    std::size_t level_of(const seal::Ciphertext &x) const { return x.coeff_modulus_size() - 1; }

    Context context_;
    mutable ScratchPool scratch_;
};

// A ciphertext whose digits are extended. It refers to the ciphertext and to the switcher.
class Switcher::Hoisted {
  public:
    Hoisted(const seal::Ciphertext &x, ScratchPool &pool) : x(x), scratch(pool) {}

  private:
    friend class Switcher;
    const seal::Ciphertext &x;
    ScratchPool::Lease scratch;
};

} // namespace seal_nn::kernels
