// Number-theoretic transforms as SEAL defines them: value i is the polynomial at psi^(2 j + 1), j being i with its bits
// reversed. Harvey's butterflies on doubles, four points at a time; the last levels on blocks of width^2 points within
// registers, transposed in between.
//
// Growth, in multiples of p. A product of |a| < 2^52 and a root is below 0.5 + |a| 2^-53, so at most 0.75 while |a| stays
// below 4 p (p < 2^50) or 2^51 (p < 2^43). Small primes: a level adds 0.75 at most, 16 levels 12: nothing to reduce.
// Large ones: see the two functions.
#pragma once

#include "arithmetic.h"

namespace seal_nn::kernels {

constexpr unsigned log2_of(std::size_t n) { return n <= 1 ? 0 : 1 + log2_of(n / 2); }

template <class V>
class Transform {
    using R = typename V::Register;
    using M = Modulus<V>;
    static constexpr std::size_t W = V::width, BLOCK = W * W;
    // Points that stay in the first-level cache with their roots.
    static constexpr std::size_t CACHED = 2048;
    // Points up to which sums of the backward transform may grow.
    static constexpr std::size_t MOST_UNREDUCED = 8192;

    // Two levels of the forward transform on four points: products of x2 and x3 with w1, then of x1 with w2 and of x3
    // with w3. Only x0 is added in both levels: reducing it keeps the results below 0.5 + 0.75 + 1 = 2.25, so that
    // x1 + a3 < 4.
    template <bool SMALL>
    SEAL_NN_INLINE static void forward4(R *x, const R *w, const R *z, const M &m) {
        if (!SMALL) {
            x[0] = m.reduce(x[0]);
        }
        const R a2 = m.multiply(x[2], w[0], z[0]), a3 = m.multiply(x[3], w[0], z[0]);
        const R b0 = V::add(x[0], a2), b2 = V::sub(x[0], a2), b1 = V::add(x[1], a3), b3 = V::sub(x[1], a3);
        const R c1 = m.multiply(b1, w[1], z[1]), c3 = m.multiply(b3, w[2], z[2]);
        x[0] = V::add(b0, c1), x[1] = V::sub(b0, c1), x[2] = V::add(b2, c3), x[3] = V::sub(b2, c3);
    }

    // Two levels back. Sums grow fourfold.
    SEAL_NN_INLINE static void backward4(R *x, const R *w, const R *z, const M &m) {
        const R s0 = V::add(x[0], x[1]), s1 = V::add(x[2], x[3]);
        const R d0 = m.multiply(V::sub(x[0], x[1]), w[1], z[1]), d1 = m.multiply(V::sub(x[2], x[3]), w[2], z[2]);
        x[0] = V::add(s0, s1), x[1] = V::add(d0, d1);
        x[2] = m.multiply(V::sub(s0, s1), w[0], z[0]), x[3] = m.multiply(V::sub(d0, d1), w[0], z[0]);
    }

    struct Roots4 {
        R w[3], z[3];
        Roots4(const Roots &roots, std::size_t i) {
            const std::size_t at[3] = { i, 2 * i, 2 * i + 1 };
            for (int k = 0; k < 3; k++) {
                w[k] = V::all(roots.root[at[k]]), z[k] = V::all(roots.quotient[at[k]]);
            }
        }
    };

    // Levels `i` (the index of the block's first root) and the next on a block of 4 `gap` points.
    template <bool SMALL, class Load>
    static void forward_pass(const Prime &prime, double *x, std::size_t gap, std::size_t i, const Load &load) {
        const M m(prime);
        const Roots4 r(prime.forward, i);
        for (std::size_t j = 0; j < gap; j += W) {
            R v[4] = { load(j), load(j + gap), load(j + 2 * gap), load(j + 3 * gap) };
            forward4<SMALL>(v, r.w, r.z, m);
            V::store(x + j, v[0]), V::store(x + j + gap, v[1]);
            V::store(x + j + 2 * gap, v[2]), V::store(x + j + 3 * gap, v[3]);
        }
    }

    template <bool REDUCE>
    static void backward_pass(const Prime &prime, double *x, std::size_t gap, std::size_t i) {
        const M m(prime);
        const Roots4 r(prime.backward, i);
        for (std::size_t j = 0; j < gap; j += W) {
            R v[4] = { V::load(x + j), V::load(x + j + gap), V::load(x + j + 2 * gap), V::load(x + j + 3 * gap) };
            backward4(v, r.w, r.z, m);
            if (REDUCE) {
                v[0] = m.reduce(v[0]), v[1] = m.reduce(v[1]);
            }
            V::store(x + j, v[0]), V::store(x + j + gap, v[1]);
            V::store(x + j + 2 * gap, v[2]), V::store(x + j + 3 * gap, v[3]);
        }
    }

    // The last levels on one block. Large primes: the half that is only added is reduced before the first level and
    // after the transposition, so that sums stay below 0.5 + 3 * 0.85 and the results below 0.5.
    template <bool SMALL>
    SEAL_NN_INLINE static void forward_block(const M &m, double *x, const double *roots) {
        R v[W];
        unrolled<W>([&](auto i) { v[i.value] = V::load(x + i.value * W); });
        halve<SMALL>(m, v, [&](std::size_t k, R &w, R &z) { w = V::all(roots[k]), z = V::all(roots[W + k]); });
        V::transpose(v);
        const double *vectors = roots + 2 * W;
        halve<SMALL>(m, v, [&](std::size_t k, R &w, R &z) {
            w = V::load(vectors + 2 * k * W), z = V::load(vectors + (2 * k + 1) * W);
        });
        V::transpose(v);
        unrolled<W>([&](auto i) { V::store(x + i.value * W, SMALL ? v[i.value] : m.reduce(v[i.value])); });
    }

    template <bool SMALL, class Root>
    SEAL_NN_INLINE static void halve(const M &m, R *v, const Root &root) {
        if (!SMALL) {
            unrolled<W / 2>([&](auto i) { v[i.value] = m.reduce(v[i.value]); });
        }
        // Level by level, the largest gap first.
        unrolled<log2_of(W)>([&](auto level) {
            unrolled<W / 2>([&](auto butterfly) {
                constexpr std::size_t gap = W >> (decltype(level)::value + 1), part = decltype(butterfly)::value / gap;
                constexpr std::size_t i = decltype(butterfly)::value + part * gap;
                R w, z;
                root(W / (2 * gap) - 1 + part, w, z);
                const R a = m.multiply(v[i + gap], w, z);
                v[i + gap] = V::sub(v[i], a), v[i] = V::add(v[i], a);
            });
        });
    }

    // Back: large primes reduce every sum (differences are then below 1, products below 0.625); small ones double at
    // most six times, from 2^42 to 2^48.
    template <bool SMALL, class Load>
    SEAL_NN_INLINE static void backward_block(const M &m, double *x, const double *roots, const Load &load) {
        R v[W];
        unrolled<W>([&](auto i) { v[i.value] = load(i.value * W); });
        V::transpose(v);
        const double *vectors = roots + 2 * W;
        join<SMALL>(m, v, [&](std::size_t k, R &w, R &z) {
            w = V::load(vectors + 2 * k * W), z = V::load(vectors + (2 * k + 1) * W);
        });
        V::transpose(v);
        join<SMALL>(m, v, [&](std::size_t k, R &w, R &z) { w = V::all(roots[k]), z = V::all(roots[W + k]); });
        unrolled<W>([&](auto i) { V::store(x + i.value * W, v[i.value]); });
    }

    template <bool SMALL, class Root>
    SEAL_NN_INLINE static void join(const M &m, R *v, const Root &root) {
        unrolled<log2_of(W)>([&](auto level) {
            unrolled<W / 2>([&](auto butterfly) {
                constexpr std::size_t gap = std::size_t(1) << decltype(level)::value,
                                      part = decltype(butterfly)::value / gap;
                constexpr std::size_t i = decltype(butterfly)::value + part * gap;
                R w, z;
                root(W / (2 * gap) - 1 + part, w, z);
                const R sum = V::add(v[i], v[i + gap]);
                v[i + gap] = m.multiply(V::sub(v[i], v[i + gap]), w, z);
                v[i] = SMALL ? sum : m.reduce(sum);
            });
        });
    }

    // All levels from `i` on of a block of `size` points: two at a time over everything while it is larger than the
    // cache, then block by block.
    template <bool SMALL>
    static void descend(const Prime &prime, double *x, std::size_t size, std::size_t i) {
        if (size > CACHED) {
            const std::size_t gap = size / 4;
            forward_pass<SMALL>(prime, x, gap, i, [x](std::size_t j) { return V::load(x + j); });
            for (std::size_t k = 0; k < 4; k++) {
                descend<SMALL>(prime, x + k * gap, gap, 4 * i + k);
            }
            return;
        }
        std::size_t block = size, first = i;
        for (; block > BLOCK; block /= 4, first *= 4) {
            for (std::size_t k = 0; k < size / block; k++) {
                double *y = x + k * block;
                forward_pass<SMALL>(prime, y, block / 4, first + k, [y](std::size_t j) { return V::load(y + j); });
            }
        }
        if (W == 1 && SMALL) {
            return;
        }
        const M m(prime);
        const double *roots = prime.forward.last + 2 * (first * BLOCK - prime.degree);
        for (std::size_t k = 0; k < size; k += BLOCK) {
            forward_block<SMALL>(m, x + k, roots + 2 * k);
        }
    }

    template <bool SMALL, class Load>
    static void ascend(
        const Prime &prime, double *x, std::size_t size, std::size_t i, const Load &load, std::size_t offset) {
        if (size > CACHED) {
            const std::size_t gap = size / 4;
            for (std::size_t k = 0; k < 4; k++) {
                ascend<SMALL>(prime, x + k * gap, gap, 4 * i + k, load, offset + k * gap);
            }
            // Of small primes the widest pass of a transform of 2^16 points with narrow blocks would be one too many.
            if (!SMALL || size > MOST_UNREDUCED) {
                backward_pass<true>(prime, x, gap, i);
            } else {
                backward_pass<false>(prime, x, gap, i);
            }
            return;
        }
        const M m(prime);
        const std::size_t blocks = size / BLOCK;
        std::size_t first = i * blocks;
        const double *roots = prime.backward.last + 2 * (first * BLOCK - prime.degree);
        for (std::size_t k = 0; k < size; k += BLOCK) {
            const auto shifted = [&](std::size_t j) { return load(offset + k + j); };
            backward_block<SMALL>(m, x + k, roots + 2 * k, shifted);
        }
        // Small primes: two levels to 2^50 from the block's 2^48, then reduced; the four or fewer passes that follow in
        // this block and above it quadruple sums from 2^42 to 2^50. Without blocks (width 1) every pass reduces.
        bool fresh = true;
        for (std::size_t block = 4 * BLOCK; block <= size; block *= 4, fresh = false) {
            first /= 4;
            for (std::size_t k = 0; k < size / block; k++) {
                double *y = x + k * block;
                if (!SMALL || fresh || W == 1) {
                    backward_pass<true>(prime, y, block / 4, first + k);
                } else {
                    backward_pass<false>(prime, y, block / 4, first + k);
                }
            }
        }
    }

  public:
    // Forward, into x; load(j) gives the vector of coefficients from j on: below 2^50 in magnitude for small primes,
    // below 3 p for large ones. Results are below 12 p more than the coefficients for small primes, and reduced for
    // large ones.
    template <bool SMALL, class Load>
    static void forward(const Prime &prime, double *x, const Load &load) {
        const std::size_t n = prime.degree;
        if (log2_of(n / BLOCK) % 2 == 0) {
            forward_pass<SMALL>(prime, x, n / 4, 1, load);
            for (std::size_t k = 0; k < 4; k++) {
                descend<SMALL>(prime, x + k * (n / 4), n / 4, 4 + k);
            }
            return;
        }
        // One level alone.
        const M m(prime);
        const R w = V::all(prime.forward.root[1]);
        for (std::size_t j = 0, gap = n / 2; j < gap; j += W) {
            R a = load(j);
            if (!SMALL) {
                a = m.reduce(a);
            }
            const R b = m.multiply(load(j + gap), w);
            V::store(x + j, V::add(a, b)), V::store(x + j + gap, V::sub(a, b));
        }
        for (std::size_t k = 0; k < 2; k++) {
            descend<SMALL>(prime, x + k * (n / 2), n / 2, 2 + k);
        }
    }

    // Backward, into x, times `factor` (centred): the representatives between -p/2 and p/2 themselves, so that what is
    // computed from them is the same on every path. load(j) gives reduced values.
    template <bool SMALL, class Load>
    static void backward(const Prime &prime, double *x, double factor, const Load &load) {
        const std::size_t n = prime.degree;
        const M m(prime);
        const auto times = [&](double a) { return m.reduce(m.multiply(V::all(a), V::all(factor))); };
        const R scale = times(prime.degree_inverse);
        const R scaled_root = m.reduce(m.multiply(scale, V::all(prime.backward.root[1])));
        if (log2_of(n / BLOCK) % 2 == 0) {
            const std::size_t gap = n / 4;
            for (std::size_t k = 0; k < 4; k++) {
                ascend<SMALL>(prime, x + k * gap, gap, 4 + k, load, k * gap);
            }
            const Roots4 r(prime.backward, 1);
            for (std::size_t j = 0; j < gap; j += W) {
                const R x0 = V::load(x + j), x1 = V::load(x + j + gap), x2 = V::load(x + j + 2 * gap),
                        x3 = V::load(x + j + 3 * gap);
                const R s0 = V::add(x0, x1), s1 = V::add(x2, x3);
                const R d0 = m.multiply(V::sub(x0, x1), r.w[1], r.z[1]), d1 = m.multiply(V::sub(x2, x3), r.w[2], r.z[2]);
                V::store(x + j, m.reduce(m.multiply(V::add(s0, s1), scale)));
                V::store(x + j + gap, m.reduce(m.multiply(V::add(d0, d1), scale)));
                V::store(x + j + 2 * gap, m.reduce(m.multiply(V::sub(s0, s1), scaled_root)));
                V::store(x + j + 3 * gap, m.reduce(m.multiply(V::sub(d0, d1), scaled_root)));
            }
            return;
        }
        const std::size_t gap = n / 2;
        for (std::size_t k = 0; k < 2; k++) {
            ascend<SMALL>(prime, x + k * gap, gap, 2 + k, load, k * gap);
        }
        for (std::size_t j = 0; j < gap; j += W) {
            const R a = V::load(x + j), b = V::load(x + j + gap);
            V::store(x + j, m.reduce(m.multiply(V::add(a, b), scale)));
            V::store(x + j + gap, m.reduce(m.multiply(V::sub(a, b), scaled_root)));
        }
    }
};

} // namespace seal_nn::kernels
