// A code path: the work on one residue polynomial, N numbers modulo one prime, behind function pointers. Which path a
// machine takes is decided once, at run time; everything above works the same on all of them.
//
// Polynomials are aligned arrays of doubles, exact signed integers. "Reduced" is at most p/2 (or next to it), "centred"
// the representative between -p/2 and p/2 itself.
#pragma once

#include <utility>

#include "prime.h"

namespace seal_nn::kernels {

// sum_i source_i factor_i modulo a target prime, coefficient by coefficient: the fast base conversion of the number
// whose residues, times what CRT asks for, are the centred sources. Rounded: less the multiple of the sources' modulus
// that brings it between plus and minus half of that.
struct Conversion {
    static constexpr std::size_t MOST = 8;
    std::size_t count;
    const double *source[MOST];
    double factor[MOST]; // centred modulo the target
    bool rounded;
    double inverse[MOST]; // of the sources' primes
    double product;       // of the sources' primes, centred modulo the target
};

// An automorphism in the transform's order, which maps aligned groups of `width` values to such groups: for each group,
// where it comes from and in which of `width` orders.
struct Permutation {
    const std::uint16_t *from;
    const std::uint8_t *order;
    const void *lanes; // width of them for each order
};

// The key for one prime: for each block of KEY_BLOCK coefficients, for each of `stride` digits, that block of both
// halves: one stream, read once.
constexpr std::size_t KEY_BLOCK = 16;

struct KeyRow {
    const double *data;
    std::size_t stride;
};

// What is added to a result: a residue polynomial as SEAL keeps it, or a reduced one, times a factor. Nothing where both
// are null.
struct Addend {
    const std::uint64_t *residues;
    const double *reduced;
    double factor; // centred
};

// Two residue polynomials as SEAL keeps them.
using Factors = std::pair<const std::uint64_t *, const std::uint64_t *>;

struct Fourier;

struct Path {
    const char *name;
    std::size_t width;
    std::size_t lane_bytes; // of one Permutation order
    void (*set_lanes)(void *lanes, const unsigned *from);

    // SEAL's residues to reduced ones, and back.
    void (*load)(const Prime &, const std::uint64_t *from, double *to);
    void (*store)(const Prime &, const double *from, std::uint64_t *to);

    // Transforms; backward times a centred factor, to centred coefficients.
    void (*forward)(const Prime &, double *x);
    void (*backward)(const Prime &, const double *from, double factor, double *to);
    void (*backward_residues)(const Prime &, const std::uint64_t *from, double factor, double *to);
    // The conversion's transform.
    void (*convert)(const Prime &, const Conversion &, double *to);
    // The transform of v_0 + r_1 v_1 + r_2 v_2 ..., reduced: digits v of a mixed radix of up to seven primes, centred radices
    // r modulo the target (r_0 is 1, and is not read).
    void (*extend)(const Prime &, std::size_t count, const double *const *digits, const double *radices, double *to);

    // Sums over the digits x_j of x_j times each half of the key, reduced.
    void (*inner_product)(
        const Prime &, std::size_t digits, const double *const *x, const KeyRow &, double *first, double *second);

    // The same for digits that are automorphisms of one polynomial x.
    void (*permuted_inner_product)(const Prime &, std::size_t count, const Permutation *permutations, const double *x,
                                   const KeyRow &, double *first, double *second);

    // to = sum_i x_i y_i over residues from `offset` on, reduced.
    void (*multiply_sum)(
        const Prime &, std::size_t terms, const Factors *factors, std::size_t offset, double *to);
    // to_j = sum_i x_i k_ij for several j at a time, canonical, over `count` residues from `from` on: each x is read once
    // for as many sums as there are registers. The centred k_ij is at k + i sums + j.
    void (*weighted_sums)(const Prime &, std::size_t terms, const std::uint64_t *const *x, std::size_t sums,
                          const double *k, std::size_t from, std::size_t count, std::uint64_t *const *to);
    // x += the addend, reduced.
    void (*add)(const Prime &, const Addend &, double *x);
    // to = automorphism of from.
    void (*permute)(const Prime &, const Permutation &, const double *from, double *to);
    // x += automorphism of from, reduced.
    void (*add_permuted)(const Prime &, const Permutation &, const double *from, double *x);
    // x = (x - y) factor, reduced.
    void (*subtract_scaled)(const Prime &, const double *y, double factor, double *x);
    // to = automorphism of ((x - y) factor + the addend), canonical.
    void (*finish)(const Prime &, const double *x, const double *y, double factor, const Addend &,
                   const Permutation *, std::uint64_t *to);
    // first += sum_i x_i[0] k_i and second += sum_i x_i[1] k_i over `count` coefficients; k_i in [0, p), x_i reduced.
    void (*add_products)(const Prime &, std::size_t terms, const double *const (*x)[2], const std::uint64_t *const *k,
                         std::size_t count, double *first, double *second);

    // The same for centred k_i.
    void (*add_centred_products)(const Prime &, std::size_t terms, const double *const (*x)[2], const double *const *k,
                                 std::size_t count, double *first, double *second);

    // The same for polynomials with one value k_i in all `count` coefficients, centred.
    void (*add_multiples)(const Prime &, std::size_t terms, const double *const (*x)[2], const double *k, std::size_t count,
                          double *first, double *second);
    // Residues of SEAL's plus a centred number, canonical; in place.
    void (*shift)(const Prime &, double number, std::uint64_t *x);

    // Any words to residues, as remainders; in place.
    void (*reduce_words)(const Prime &, std::uint64_t *x);
    // x = x - sum_i digits_i factors_i over `length` coefficients, centred: a digit of a mixed radix (mixed_radix.h).
    void (*mixed_digit)(const Prime &, std::size_t count, const double *const *digits, const double *factors,
                        std::size_t length, double *x);
    // to = unit (digits_0 + radices_0 (digits_1 + radices_1 (...))), rounded in every step; `unit` is a power of two.
    void (*from_digits)(std::size_t count, const double *const *digits, const double *radices, double unit,
                        std::size_t length, double *to);

    // The transforms of fourier.h.
    void (*to_slots)(const Fourier &, const double *coefficients, double *re, double *im);
    void (*from_slots)(const Fourier &, double *re, double *im, double *coefficients);

    // What BLAKE2X makes of a root: `count` blocks of 64 bytes, a multiple of eight, of an output of `bytes` bytes.
    void (*expand_root)(const std::uint64_t *root, std::uint32_t bytes, std::size_t count, std::uint64_t *to);
};

// The paths that were compiled; null where this build has none.
extern const Path *const portable_path;
extern const Path *const avx2_path;
extern const Path *const avx512_path;

} // namespace seal_nn::kernels
