// Key switching on ciphertexts of SEAL: rotations, relinearisation, sums of rotated products; and the rescales that
// follow products. Real vectors to plaintexts, to fresh ciphertexts, and back.
#pragma once

#include <seal/ciphertext.h>
#include <seal/plaintext.h>

#include "keys.h"
#include "periodic.h"
#include "polynomial.h"
#include "raise.h"
#include "room.h"
#include "scratch.h"
#include "team.h"

namespace seal_nn::kernels {

// Residues of a plaintext modulo the special primes, in transform order.
using SpecialResidues = std::vector<std::uint64_t>;

// p rotate(x, baby), within a group whose sum is rotated by `giant`: Galois elements, 1 for no rotation. The plaintext is a
// periodic one, or else one of SEAL's with its residues modulo the special primes: the same for all terms of a transform.
struct Term {
    std::uint32_t giant, baby;
    const seal::Plaintext *plain;
    const SpecialResidues *special;
    const PeriodicPlaintext *periodic = nullptr;
};

// Giant steps as powers of one, by Horner's rule, with the key of that one alone: a term's `giant` is then the number of
// steps, each group's sum is added to the one before it by `step`, and `last` follows the whole. Elements; 0 for terms that
// say the elements of their groups themselves.
struct GiantSteps {
    std::uint32_t step = 0, last = 1;
};

// Operations differ in the polynomials that they switch and add; results are canonical, so they do not depend on the code
// path or on threads.
class HybridEvaluator {
  public:
    HybridEvaluator(const seal::SEALContext &context, std::size_t special_count, const Path &path, Recruit recruit)
        : context_(context, special_count, path), recruit_(recruit) {}
    const Context &context() const { return context_; }

    // X -> X^element on two components; `keys` has the key.
    void rotate(const seal::Ciphertext &x, std::uint32_t element, const HybridKeys &keys, seal::Ciphertext &to) const;
    // The same for several elements, with one decomposition: it is read only, so threads may share it.
    class Hoisted;
    std::unique_ptr<Hoisted> hoist(const seal::Ciphertext &x) const;
    void rotate(const Hoisted &x, std::uint32_t element, const HybridKeys &keys, seal::Ciphertext &to) const;
    // x += rotate(x, element) for one element after the other. The first component is divided by the special primes once,
    // at the end.
    void add_rotations(const seal::Ciphertext &x, const std::vector<std::uint32_t> &elements, const HybridKeys &keys,
                       seal::Ciphertext &to) const;

    // sum_i rotate(x_i, element_i) at one level, 1 for no rotation: one division.
    using Rotations = std::vector<std::pair<const seal::Ciphertext *, std::uint32_t>>;
    void sum_rotations(const Rotations &terms, const HybridKeys &keys, seal::Ciphertext &to) const;

    // Three components to two; divided by the top prime too where `rescale`.
    void relinearise(const seal::Ciphertext &x, const HybridKeys &keys, bool rescale, seal::Ciphertext &to) const;
    // sum_i x_i y_i of two components each, relinearised and rescaled: one division.
    using Products = std::vector<std::pair<const seal::Ciphertext *, const seal::Ciphertext *>>;
    void multiply(const Products &terms, const HybridKeys &keys, seal::Ciphertext &to) const;
    // sum_i x_i p_i of two components each, rescaled.
    using PlainProducts = std::vector<std::pair<const seal::Ciphertext *, const seal::Plaintext *>>;
    void multiply(const PlainProducts &terms, seal::Ciphertext &to) const;
    // to_j = sum_i k_ij x_i of two components each, for `sums` scalars of every x: one pass over all x, whose products share
    // each load, and no transform. k_ij modulo the p-th prime of the level, centred, is scalars[(p terms + i) sums + j].
    using Ciphertexts = std::vector<std::unique_ptr<seal::Ciphertext>>;
    void weigh(const std::vector<const seal::Ciphertext *> &x, const double *scalars, std::size_t sums, double scale,
               Ciphertexts &to) const;
    // sum_i x_i y_i + sum_j k_j z_j of two components each, relinearised, divided by the prime at the top of `level`, plus a
    // constant in all slots. Factors may lie above the level: they are read there in place. k_j modulo the p-th prime,
    // centred, is scalars[j (level + 1) + p]; the constant, modulo the primes below the top, constant[p].
    struct Combination {
        Products products;
        std::vector<const seal::Ciphertext *> multiples;
        const double *scalars, *constant;
        std::size_t level;
        double scale;
    };
    void combine(const Combination &terms, const HybridKeys &keys, seal::Ciphertext &to) const;
    // x divided by the top prime.
    void rescale(const seal::Ciphertext &x, seal::Ciphertext &to) const;

    // sum over groups of rotate(sum over their terms of p rotate(x, baby), giant): one decomposition of x, one of each
    // group's sum, one division in all, by the top prime too where `rescale`. Terms of one group lie together. Where `also`
    // is not 1, that automorphism of the sum is added to it before the division.
    void transform(const seal::Ciphertext &x, const std::vector<Term> &terms, const HybridKeys &keys, bool rescale,
                   seal::Ciphertext &to, std::uint32_t also = 1, GiantSteps steps = {}) const;
    // From level 0 to the top: the sum over all automorphisms of the keys of a ciphertext modulo q' whose phase is
    // round(q'/q_0 phase(x)) + q' I; q' is the first prime of the small context. |q'| times the number of automorphisms is
    // at most 2^50.
    void raise(const seal::Ciphertext &x, const HybridEvaluator &small, const RaisingKeys &keys, seal::Ciphertext &to) const;
    // What SEAL saved with the seed of the second half: checked bytes, as they are without compression.
    void expand(const std::uint8_t *bytes, std::size_t count, seal::Ciphertext &to) const;
    // A plaintext of real slots, times the scale. Does nothing and returns false where a coefficient is above `most` in
    // magnitude, which is below 2^50.
    bool encode(const double *values, std::size_t count, std::size_t level, double scale, double most,
                seal::Plaintext &to) const;
    // That plaintext, encrypted with the secret key: what SEAL would save with the seed of the second half. `size` is
    // `seeded_size`.
    bool encrypt(const seal::SecretKey &secret, const double *values, std::size_t count, std::size_t level, double scale,
                 double most, std::uint8_t *bytes, std::size_t size) const;
    std::size_t seeded_size(std::size_t level) const;
    // Encrypted with the public key, as by SEAL's Encryptor.
    bool encrypt(const seal::PublicKey &key, const double *values, std::size_t count, std::size_t level, double scale,
                 double most, seal::Ciphertext &to) const;
    // The real parts of all slots of any plaintext, divided by its scale.
    void decode(const seal::Plaintext &plain, double *values) const;
    // What `transform` wants beside a plaintext.
    SpecialResidues extend(const seal::Plaintext &plain) const;

  private:
    // One key switch, as a sum of two halves that are divided by P, or by P q_l.
    struct Switch {
        std::size_t level;
        const Polynomial &switched;
        const Scratch *hoisted; // its digits, where they are there already
        const SwitchingKey &key;
        const Polynomial *added[2]; // null for nothing
        bool permute, rescale;
        const double *constant; // added to the first half in transform order, modulo each prime; null for none
        seal::Ciphertext &to;
    };
    struct Group;

    // Coefficients of the digits of a polynomial.
    void decompose(Team &team, std::size_t level, const Polynomial &c, Scratch &scratch) const;
    // The digits modulo the t-th prime of the extended base, in transform order, at `to`: x points to them. `decomposed`
    // has their coefficients.
    void extend_digits(std::size_t level, std::size_t t, const Polynomial &c, const Scratch &decomposed, double *to,
                       const double **x) const;
    // For all primes, to scratch.digits.
    void extend_all(Team &team, std::size_t level, const Polynomial &c, Scratch &scratch) const;
    void hoisted_digits(std::size_t level, std::size_t t, const Scratch &scratch, const double **x) const;

    // Runs `work` with helpers for the primes of a level's extended base.
    void with_team(std::size_t level, const std::function<void(Team &)> &work) const {
        Team::work(recruit_, context_.extended_count(level) - 1, work);
    }
    void run(const Switch &s) const;
    void run(Team &team, const Switch &s) const;
    // Two polynomials divided by the top prime, the first plus a constant as in Switch.
    void divide(std::size_t level, const Polynomial *const *x, const double *constant, seal::Ciphertext &to) const;
    // What a division of a sum over the extended base wants of the divisor's primes, in place: their coefficients, scaled
    // for the conversion.
    void scale_divisor(
        Team &team, std::size_t level, const Base &divisor, const Rows &sum, const double **scaled) const;
    // The quotient modulo the i-th prime; in place.
    void finish(std::size_t i, const Base &divisor, const double *sum, const double *const *scaled,
                std::uint64_t *to) const;
    void divide_in_place(std::size_t i, const Base &divisor, const double *const *scaled, double *sum) const;
    // Two sums over the extended base, divided, modulo the `left` lowest primes.
    void finish_both(Team &team, std::size_t level, const Base &divisor, const Rows *sums, std::size_t left,
                     seal::Ciphertext &to) const;

    // to += P c modulo the t-th prime of the extended base.
    void add_lifted(std::size_t level, std::size_t t, const OfSeal &c, double *to) const;
    // Two sums over the extended base grow by a rotation of (first, second); `add_first` adds P times the first modulo
    // the t-th prime.
    using AddFirst = std::function<void(std::size_t t, double *to)>;
    void add_rotated(Team &team, std::size_t level, const AddFirst &add_first, const Polynomial &second,
                     const SwitchingKey &key, const Rows *sums) const;

    // c_0 + switch of the automorphisms of c_1, both as small integers, |c| < 2^49.
    void switch_directly(const double *const *c, std::size_t level, const DirectKeys &keys, seal::Ciphertext &to) const;

    std::vector<Group> group(
        const std::vector<Term> &terms, GiantSteps steps, std::vector<std::uint32_t> &babies) const;
    // `one` of the terms tells what kind they are.
    void add_babies(Team &team, const seal::Ciphertext &x, const Term &one, const std::vector<Group> &groups,
                    const std::vector<std::uint32_t> &babies, const HybridKeys &keys, Scratch &scratch) const;
    void add_automorphism(Team &team, std::size_t level, const Group &sum, const SwitchingKey &key) const;
    // By the group's giant step.
    void add_giant(
        Team &team, std::size_t level, const Group &group, const Group &sum, const HybridKeys &keys) const;

    // The rounded coefficients of real slots: m_(N-j) = -m_j, m_(N/2) = 0. Whether they are at most `most`.
    bool coefficients(const double *values, std::size_t count, double scale, double most, double *to) const;
    void check_slots(std::size_t count, std::size_t level) const;
    void check(const seal::Ciphertext &x, std::size_t size) const;
    // Memory for a result at a level, and its scale.
    void shape(std::size_t level, double scale, seal::Ciphertext &to) const;
    std::size_t level_of(const seal::Ciphertext &x) const { return x.coeff_modulus_size() - 1; }
    double top_prime(std::size_t level) const { return static_cast<double>(context_.value(level)); }
    OfSeal component(const seal::Ciphertext &x, std::size_t c) const { return { context_, x.data(c) }; }
    // The place of a prime in the extended base.
    std::size_t within(std::size_t level, std::size_t place) const {
        return place <= level ? place : place - context_.data_count() + level + 1;
    }

    Context context_;
    Recruit recruit_;
    mutable ScratchPool scratch_;
};

// A ciphertext whose digits are extended. It refers to the ciphertext and to the hybrid.
class HybridEvaluator::Hoisted {
  public:
    Hoisted(const seal::Ciphertext &x, ScratchPool &pool) : x(x), scratch(pool) {}

  private:
    friend class HybridEvaluator;
    const seal::Ciphertext &x;
    ScratchPool::Lease scratch;
};

} // namespace seal_nn::kernels
