// A prime below 2^50 as the kernels see it. Plain data: all code paths share it, and only prime.cc makes it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seal_nn::kernels {

// Primes of so many bits or fewer keep residues exact; products of a residue and a root stay below 2^102.
constexpr unsigned PRIME_BITS = 50;
// Below 2^43 a transform of up to 2^16 points needs no reduction between its levels.
constexpr unsigned SMALL_PRIME_BITS = 43;

// Roots of unity of one direction, centred, in SEAL's order: root i is psi to the power of i with its bits reversed.
struct Roots {
    const double *root;     // N of them
    const double *quotient; // root / p, for the levels above the last ones: it shortens a chain of dependent operations
    const double *last;     // those of the levels within a block of width^2 points, as vectors: see ntt.h
};

struct Prime {
    std::uint64_t value;
    double p, inverse;     // p, 1 / p
    bool small;            // below 2^43
    std::size_t degree;    // N
    double degree_inverse; // N^-1 mod p, centred
    double half_word;      // 2^32 mod p, centred
    Roots forward, backward;
    // Sums of products x k with |k| <= p/2 and x as a transform leaves it: their high parts are gathered on a grid of
    // 2^-52 times this start; so many terms fit.
    double sum_start;
    std::size_t sum_terms;
    double conversion_start; // the same for |x| < 2^49 and up to 8 terms
};

} // namespace seal_nn::kernels
