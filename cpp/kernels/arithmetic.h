// Modular arithmetic on doubles that hold exact signed integers, reduced lazily. Rounding is to nearest, and products
// are contracted only where it says fma: these files are compiled with -ffp-contract=off.
#pragma once

#include "prime.h"
#include "vector.h"

namespace seal_nn::kernels {

template <class V>
struct Modulus {
    using R = typename V::Register;
    R p, inverse;

    explicit Modulus(const Prime &prime) : p(V::all(prime.p)), inverse(V::all(prime.inverse)) {}

    // The integer nearest to a / p, or its neighbour where a / p is within 2^-53 |a / p| of a half; |a / p| < 2^51.
    R quotient(R a) const { return V::sub(V::fma(a, inverse, V::all(ROUND)), V::all(ROUND)); }

    // a - p round(a / p). For |a| < p the representative between -p/2 and p/2 itself: a / p is an odd multiple of
    // 1 / (2p) > 2^-51 away from a half.
    R reduce(R a) const { return V::fnma(quotient(a), p, a); }

    // a w mod p, for |a| < 2^52 and |w| <= p/2: at most p (1/2 + |a| 2^-53). The product is h + l exactly, and h - q p
    // is exact because it is small.
    R multiply(R a, R w) const {
        const R h = V::mul(a, w), l = V::fms(a, w, h);
        return V::add(V::fnma(quotient(h), p, h), l);
    }

    // The same with w / p at hand: at most p (1/2 + |a| 2^-54).
    R multiply(R a, R w, R w_over_p) const {
        const R h = V::mul(a, w), l = V::fms(a, w, h);
        const R q = V::sub(V::fma(a, w_over_p, V::all(ROUND)), V::all(ROUND));
        return V::add(V::fnma(q, p, h), l);
    }

    // The representative in [0, p) of |a| < 2^52, in two steps because one leaves lazily reduced numbers near p/2 on
    // either side.
    R canonical(R a) const { return V::plus_if_negative(reduce(reduce(a)), p); }
};

// A sum of products x k, exact: high parts on a grid (the start), low parts beside them.
template <class V>
struct Sum {
    using R = typename V::Register;
    R high, low;

    Sum() = default;
    explicit Sum(R start) : high(start), low(V::all(0)) {}

    void add(R x, R k) {
        const R sum = V::fma(x, k, high), rounded = V::sub(sum, high);
        low = V::add(low, V::fms(x, k, rounded));
        high = sum;
    }

    // Below 2^52, congruent to the sum.
    R value(R start, const Modulus<V> &modulus) const {
        const R h = V::sub(high, start);
        return V::add(V::fnma(modulus.quotient(h), modulus.p, h), low);
    }
};

} // namespace seal_nn::kernels
