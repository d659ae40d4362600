// The discrete Fourier transform between the coefficients of a real polynomial and its values in the slots.
//
// Let M = N/2 and w_j = m_j + i m_(j+M). At the roots zeta^e of X^N + 1 with e = 4 t + 1, zeta = exp(i pi / N), where
// zeta^(e M) = i, the polynomial is z_t = sum_j w_j zeta^j exp(2 pi i t j / M): M values, and those at the other roots are
// their conjugates. With rows and columns, j = C j1 + j2 and t = t1 + R t2: transforms of R points over j1, a product with
// exp(2 pi i t1 j2 / M), transforms of C points over j2 (Bailey 1990). All of them go through columns, W at a time, which
// stay in the first-level cache; a transposition in between makes columns of rows.
//
// Every path adds and multiplies the same numbers in the same order.
#pragma once

#include "ntt.h"

namespace seal_nn::kernels {

// Complex numbers: real parts, imaginary parts.
struct Parts {
    const double *re, *im;
};

// Factors of a transform of up to so many points: for every pass of four, and for the pass of two that comes first where
// the number of points is no power of four.
struct Turns {
    static constexpr std::size_t MOST = 256;
    std::size_t size;
    // Of a pass on blocks of L points exp(2 pi i k j / L), for every place j and for k = 1, 2, 3, or for k = 1 alone in a
    // pass of two; the largest blocks first. One less than `size` in all.
    Parts factors;
};

struct Fourier {
    std::size_t rows, columns;
    Turns down, across;  // of `rows` and of `columns` points
    Parts twist, between; // zeta^j; exp(2 pi i t1 j2 / M), by place of t1
};

template <class V>
class FourierOf {
    using R = typename V::Register;
    static constexpr std::size_t W = V::width;

    struct Complex {
        R re, im;
    };
    static Complex add(const Complex &a, const Complex &b) { return { V::add(a.re, b.re), V::add(a.im, b.im) }; }
    static Complex sub(const Complex &a, const Complex &b) { return { V::sub(a.re, b.re), V::sub(a.im, b.im) }; }
    // The product with b, or with its conjugate.
    template <bool FORWARD>
    static Complex product(const Complex &a, R re, R im) {
        return FORWARD ? Complex{ V::fms(a.re, re, V::mul(a.im, im)), V::fma(a.re, im, V::mul(a.im, re)) }
                       : Complex{ V::fma(a.re, re, V::mul(a.im, im)), V::fms(a.im, re, V::mul(a.re, im)) };
    }
    // With one number for all lanes, and with one for each.
    template <bool FORWARD>
    static Complex turned(const Complex &a, const Parts &by, std::size_t at) {
        return product<FORWARD>(a, V::all(by.re[at]), V::all(by.im[at]));
    }
    template <bool FORWARD>
    static Complex times(const Complex &a, const Parts &by, std::size_t at) {
        return product<FORWARD>(a, V::load(by.re + at), V::load(by.im + at));
    }

    // From the natural order to that of reversed bits.
    static void forward(const Turns &turns, Complex *x) {
        std::size_t block = turns.size, at = 0;
        if (log2_of(block) % 2 == 1) {
            const std::size_t gap = block / 2;
            for (std::size_t j = 0; j < gap; j++, at++) {
                const Complex a = x[j], b = x[j + gap];
                x[j] = add(a, b), x[j + gap] = turned<true>(sub(a, b), turns.factors, at);
            }
            block = gap;
        }
        for (; block > 1; block /= 4) {
            const std::size_t gap = block / 4;
            for (std::size_t j = 0; j < gap; j++, at += 3) {
                for (std::size_t k = j; k < turns.size; k += block) {
                    const Complex s0 = add(x[k], x[k + 2 * gap]), d0 = sub(x[k], x[k + 2 * gap]);
                    const Complex s1 = add(x[k + gap], x[k + 3 * gap]), d1 = sub(x[k + gap], x[k + 3 * gap]);
                    const Complex i_d1 = { V::sub(V::all(0), d1.im), d1.re };
                    x[k] = add(s0, s1);
                    x[k + gap] = turned<true>(sub(s0, s1), turns.factors, at + 1);
                    x[k + 2 * gap] = turned<true>(add(d0, i_d1), turns.factors, at);
                    x[k + 3 * gap] = turned<true>(sub(d0, i_d1), turns.factors, at + 2);
                }
            }
        }
    }

    // Back, times the number of points.
    static void backward(const Turns &turns, Complex *x) {
        const bool odd = log2_of(turns.size) % 2 == 1;
        std::size_t at = turns.size - 1;
        for (std::size_t block = 4; block <= (odd ? turns.size / 2 : turns.size); block *= 4) {
            const std::size_t gap = block / 4;
            at -= 3 * gap;
            for (std::size_t j = 0; j < gap; j++) {
                for (std::size_t k = j; k < turns.size; k += block) {
                    const Complex t1 = turned<false>(x[k + gap], turns.factors, at + 3 * j + 1);
                    const Complex t2 = turned<false>(x[k + 2 * gap], turns.factors, at + 3 * j);
                    const Complex t3 = turned<false>(x[k + 3 * gap], turns.factors, at + 3 * j + 2);
                    const Complex s0 = add(x[k], t1), s1 = sub(x[k], t1), d0 = add(t2, t3), i_d1 = sub(t2, t3);
                    const Complex d1 = { i_d1.im, V::sub(V::all(0), i_d1.re) };
                    x[k] = add(s0, d0), x[k + 2 * gap] = sub(s0, d0);
                    x[k + gap] = add(s1, d1), x[k + 3 * gap] = sub(s1, d1);
                }
            }
        }
        if (odd) {
            const std::size_t gap = turns.size / 2;
            for (std::size_t j = 0; j < gap; j++) {
                const Complex a = x[j], b = turned<false>(x[j + gap], turns.factors, j);
                x[j] = add(a, b), x[j + gap] = sub(a, b);
            }
        }
    }

  public:
    // From N coefficients to the real parts of the values, at the places of their slots, in `re`; `im` has room for M
    // numbers too.
    static void to_slots(const Fourier &f, const double *coefficients, double *re, double *im) {
        const std::size_t half = f.rows * f.columns;
        Complex x[Turns::MOST];
        for (std::size_t c = 0; c < f.columns; c += W) {
            for (std::size_t r = 0; r < f.rows; r++) {
                const std::size_t at = r * f.columns + c;
                const Complex w = { V::load(coefficients + at), V::load(coefficients + half + at) };
                x[r] = times<true>(w, f.twist, at);
            }
            forward(f.down, x);
            for (std::size_t r = 0; r < f.rows; r += W) {
                R a[W], b[W];
                unrolled<W>([&](auto k) {
                    constexpr std::size_t i = decltype(k)::value;
                    const Complex y = times<true>(x[r + i], f.between, (r + i) * f.columns + c);
                    a[i] = y.re, b[i] = y.im;
                });
                V::transpose(a), V::transpose(b);
                unrolled<W>([&](auto k) {
                    constexpr std::size_t i = decltype(k)::value;
                    V::store(re + (c + i) * f.rows + r, a[i]), V::store(im + (c + i) * f.rows + r, b[i]);
                });
            }
        }
        for (std::size_t r = 0; r < f.rows; r += W) {
            for (std::size_t c = 0; c < f.columns; c++) {
                x[c] = { V::load(re + c * f.rows + r), V::load(im + c * f.rows + r) };
            }
            forward(f.across, x);
            for (std::size_t c = 0; c < f.columns; c++) {
                V::store(re + c * f.rows + r, x[c].re);
            }
        }
    }

    // From real values at the places of their slots, in `re`, to the first M coefficients times M; `im` has room for M
    // numbers.
    static void from_slots(const Fourier &f, double *re, double *im, double *coefficients) {
        Complex x[Turns::MOST];
        for (std::size_t r = 0; r < f.rows; r += W) {
            for (std::size_t c = 0; c < f.columns; c++) {
                x[c] = { V::load(re + c * f.rows + r), V::all(0) };
            }
            backward(f.across, x);
            for (std::size_t c = 0; c < f.columns; c++) {
                V::store(re + c * f.rows + r, x[c].re), V::store(im + c * f.rows + r, x[c].im);
            }
        }
        for (std::size_t c = 0; c < f.columns; c += W) {
            for (std::size_t r = 0; r < f.rows; r += W) {
                R a[W], b[W];
                unrolled<W>([&](auto k) {
                    constexpr std::size_t i = decltype(k)::value;
                    a[i] = V::load(re + (c + i) * f.rows + r), b[i] = V::load(im + (c + i) * f.rows + r);
                });
                V::transpose(a), V::transpose(b);
                unrolled<W>([&](auto k) {
                    constexpr std::size_t i = decltype(k)::value;
                    x[r + i] = times<false>({ a[i], b[i] }, f.between, (r + i) * f.columns + c);
                });
            }
            backward(f.down, x);
            for (std::size_t r = 0; r < f.rows; r++) {
                const std::size_t at = r * f.columns + c;
                V::store(coefficients + at, times<false>(x[r], f.twist, at).re);
            }
        }
    }
};

} // namespace seal_nn::kernels
