// The functions of a code path, written once for all vectors.
#pragma once

#include "blake2_of.h"
#include "fourier.h"
#include "ntt.h"
#include "path.h"

namespace seal_nn::kernels {

template <class V>
struct PathOf {
    using R = typename V::Register;
    using M = Modulus<V>;
    static constexpr std::size_t W = V::width;

    // Numbers ahead of use that memory is asked for.
    static constexpr std::size_t AHEAD = 128;
    static void prefetch(const void *address) {
#if defined(__GNUC__)
        __builtin_prefetch(address);
#else
        (void)address;
#endif
    }

    static R centred(const M &m, const std::uint64_t *x) { return m.reduce(V::load_residues(x)); }

    static void set_lanes(void *lanes, const unsigned *from) {
        V::set_lanes(static_cast<typename V::Lanes *>(lanes), from);
    }

    static void load(const Prime &prime, const std::uint64_t *from, double *to) {
        const M m(prime);
        for (std::size_t i = 0; i < prime.degree; i += W) {
            V::store(to + i, centred(m, from + i));
        }
    }

    static void store(const Prime &prime, const double *from, std::uint64_t *to) {
        const M m(prime);
        for (std::size_t i = 0; i < prime.degree; i += W) {
            V::store_residues(to + i, m.canonical(V::load(from + i)));
        }
    }

    template <class Load>
    static void forward_from(const Prime &prime, double *x, const Load &load) {
        if (prime.small) {
            Transform<V>::template forward<true>(prime, x, load);
        } else {
            Transform<V>::template forward<false>(prime, x, load);
        }
    }

    template <class Load>
    static void backward_from(const Prime &prime, double *x, double factor, const Load &load) {
        if (prime.small) {
            Transform<V>::template backward<true>(prime, x, factor, load);
        } else {
            Transform<V>::template backward<false>(prime, x, factor, load);
        }
    }

    static void forward(const Prime &prime, double *x) {
        forward_from(prime, x, [x](std::size_t j) { return V::load(x + j); });
    }

    static void backward(const Prime &prime, const double *from, double factor, double *to) {
        backward_from(prime, to, factor, [from](std::size_t j) { return V::load(from + j); });
    }

    static void backward_residues(const Prime &prime, const std::uint64_t *from, double factor, double *to) {
        const M m(prime);
        backward_from(prime, to, factor, [from, m](std::size_t j) { return centred(m, from + j); });
    }

    // The first pass of the transform takes the coefficients as they are computed. MANY stands for any number of terms, whose
    // constants are not kept in registers.
    static constexpr std::size_t MANY = 0;

    template <std::size_t COUNT, bool ROUNDED>
    static void convert_from(const Prime &prime, const Conversion &c, double *to) {
        constexpr std::size_t ROOM = COUNT == MANY ? Conversion::MOST : COUNT;
        const std::size_t count = COUNT == MANY ? c.count : COUNT;
        const M m(prime);
        R factor[ROOM], inverse[ROOM];
        const double *source[ROOM];
        for (std::size_t i = 0; i < count; i++) {
            factor[i] = V::all(c.factor[i]), inverse[i] = V::all(c.inverse[i]), source[i] = c.source[i];
        }
        const R start = V::all(prime.conversion_start), product = V::all(c.product), round = V::all(ROUND);
        const bool reduce = COUNT == MANY || COUNT > 2 || !prime.small;
        const auto convert = [&](std::size_t j) {
            Sum<V> sum(start);
            R whole = V::all(0);
            for (std::size_t i = 0; i < count; i++) {
                const R x = V::load(source[i] + j);
                sum.add(x, factor[i]);
                if (ROUNDED) {
                    whole = V::fma(x, inverse[i], whole);
                }
            }
            if (ROUNDED) {
                whole = V::sub(V::add(whole, round), round);
                sum.low = V::fnma(whole, product, sum.low); // at most count/2 times p/2: exact
            }
            return sum.value(start, m);
        };
        // A sum of two is below 3 p, of four below 4 p, of eight below 2^53: a large prime's transform wants less.
        if (reduce) {
            forward_from(prime, to, [&](std::size_t j) { return m.reduce(convert(j)); });
        } else {
            forward_from(prime, to, convert);
        }
    }

    static void convert(const Prime &prime, const Conversion &c, double *to) {
        if (c.count == 1) { // its centred representative is the number itself
            const M m(prime);
            const double *from = c.source[0];
            forward_from(prime, to, [from, m](std::size_t j) { return m.reduce(V::load(from + j)); });
        } else if (c.count == 2) {
            c.rounded ? convert_from<2, true>(prime, c, to) : convert_from<2, false>(prime, c, to);
        } else if (c.count == 3) {
            c.rounded ? convert_from<3, true>(prime, c, to) : convert_from<3, false>(prime, c, to);
        } else if (c.count == 4) {
            c.rounded ? convert_from<4, true>(prime, c, to) : convert_from<4, false>(prime, c, to);
        } else {
            c.rounded ? convert_from<MANY, true>(prime, c, to) : convert_from<MANY, false>(prime, c, to);
        }
    }

    template <std::size_t COUNT>
    static void extend_from(
        const Prime &prime, std::size_t many, const double *const *digits, const double *radices, double *to) {
        constexpr std::size_t ROOM = COUNT == MANY ? Conversion::MOST : COUNT;
        const std::size_t count = COUNT == MANY ? many : COUNT;
        const M m(prime);
        const double *digit[ROOM];
        R w[ROOM], w_over_p[ROOM];
        for (std::size_t i = 0; i < count; i++) {
            digit[i] = digits[i], w[i] = V::all(radices[i]), w_over_p[i] = V::all(radices[i] / prime.p);
        }
        forward_from(prime, to, [&](std::size_t j) {
            R sum = V::load(digit[0] + j);
            for (std::size_t i = 1; i < count; i++) {
                sum = V::add(sum, m.multiply(V::load(digit[i] + j), w[i], w_over_p[i]));
            }
            return m.reduce(sum);
        });
    }

    static void extend(
        const Prime &prime, std::size_t count, const double *const *digits, const double *radices, double *to) {
        count == 1   ? extend_from<1>(prime, count, digits, radices, to)
        : count == 2 ? extend_from<2>(prime, count, digits, radices, to)
        : count == 3 ? extend_from<3>(prime, count, digits, radices, to)
                     : extend_from<MANY>(prime, count, digits, radices, to);
    }

    // Sums of x_j k_j over digits; load(j, i) gives the vector of digit j from i on.
    template <class Load>
    SEAL_NN_INLINE static void sum_digits(const Prime &prime, std::size_t digits, const KeyRow &key, double *first,
                                          double *second, const Load &load) {
        const M m(prime);
        const R start = V::all(prime.sum_start);
        const std::size_t step = key.stride * 2 * KEY_BLOCK;
        const double *block = key.data;
        for (std::size_t i = 0; i < prime.degree; i += KEY_BLOCK, block += step) {
            for (std::size_t o = 0; o < KEY_BLOCK; o += 2 * W) { // two vectors of both halves at a time
                R total[4] = { V::all(0), V::all(0), V::all(0), V::all(0) };
                for (std::size_t j = 0; j < digits;) {
                    const std::size_t end = digits - j < prime.sum_terms ? digits : j + prime.sum_terms;
                    Sum<V> a(start), b(start), c(start), d(start);
                    for (; j < end; j++) {
                        const double *k = block + j * 2 * KEY_BLOCK + o;
                        prefetch(k + 2 * step);
                        prefetch(k + 2 * step + KEY_BLOCK);
                        if (W > 4) { // the other half of the two lines
                            prefetch(k + 2 * step + W);
                            prefetch(k + 2 * step + KEY_BLOCK + W);
                        }
                        const R u = load(j, i + o), v = load(j, i + o + W);
                        a.add(u, V::load(k)), b.add(v, V::load(k + W));
                        c.add(u, V::load(k + KEY_BLOCK)), d.add(v, V::load(k + KEY_BLOCK + W));
                    }
                    total[0] = V::add(total[0], m.reduce(a.value(start, m)));
                    total[1] = V::add(total[1], m.reduce(b.value(start, m)));
                    total[2] = V::add(total[2], m.reduce(c.value(start, m)));
                    total[3] = V::add(total[3], m.reduce(d.value(start, m)));
                }
                if (digits > prime.sum_terms) {
                    for (R &t : total) {
                        t = m.reduce(t);
                    }
                }
                V::store(first + i + o, total[0]), V::store(first + i + o + W, total[1]);
                V::store(second + i + o, total[2]), V::store(second + i + o + W, total[3]);
            }
        }
    }

    static void inner_product(const Prime &prime, std::size_t digits, const double *const *x, const KeyRow &key,
                              double *first, double *second) {
        sum_digits(prime, digits, key, first, second, [x](std::size_t j, std::size_t i) { return V::load(x[j] + i); });
    }

    static void permuted_inner_product(const Prime &prime, std::size_t count, const Permutation *permutations,
                                       const double *x, const KeyRow &key, double *first, double *second) {
        sum_digits(prime, count, key, first, second, [&](std::size_t j, std::size_t i) {
            const Permutation &p = permutations[j];
            return V::permute(V::load(x + p.from[i / W] * W), lanes_of(p, i / W));
        });
    }

    // Calls `use` with the function that adds the addend's vector from i on to a reduced one: a loop for each kind.
    template <class Use>
    static void with_addend(const M &m, const Addend &addend, const Use &use) {
        const std::uint64_t *const c = addend.residues;
        const double *const d = addend.reduced;
        const R f = V::all(addend.factor);
        if (c != nullptr && addend.factor == 1) {
            use([c](std::size_t i, R a) { return V::add(a, V::load_residues(c + i)); });
        } else if (c != nullptr) {
            use([c, f, &m](std::size_t i, R a) { return V::add(a, m.multiply(centred(m, c + i), f)); });
        } else if (d != nullptr && addend.factor == 1) {
            use([d](std::size_t i, R a) { return V::add(a, V::load(d + i)); });
        } else if (d != nullptr) {
            use([d, f, &m](std::size_t i, R a) { return V::add(a, m.multiply(V::load(d + i), f)); });
        } else {
            use([](std::size_t, R a) { return a; });
        }
    }

    static void add(const Prime &prime, const Addend &addend, double *x) {
        const M m(prime);
        with_addend(m, addend, [&](const auto &add) {
            for (std::size_t i = 0; i < prime.degree; i += W) {
                V::store(x + i, m.reduce(add(i, V::load(x + i))));
            }
        });
    }

    // Several vectors of a stream at a time: there are two or three streams for each term, more than prefetchers follow.
    static constexpr std::size_t TILE = 4;

    // The sums' bound (Prime::sum_start) leaves room for p^2 from each term of small primes, for half of that of large
    // ones.
    template <bool SMALL>
    static void multiply_sum_of(
        const Prime &prime, std::size_t terms, const Factors *factors, std::size_t offset, double *to) {
        const M m(prime);
        const R start = V::all(prime.sum_start);
        for (std::size_t i = 0; i < prime.degree; i += TILE * W) {
            R total[TILE];
            unrolled<TILE>([&](auto v) { total[v.value] = V::all(0); });
            for (std::size_t j = 0; j < terms;) {
                const std::size_t end = terms - j < prime.sum_terms ? terms : j + prime.sum_terms;
                Sum<V> sum[TILE];
                unrolled<TILE>([&](auto v) { sum[v.value] = Sum<V>(start); });
                for (; j < end; j++) {
                    const std::uint64_t *const x = factors[j].first + offset + i, *const y = factors[j].second + offset + i;
                    unrolled<TILE>([&](auto v) {
                        prefetch(x + (TILE + v.value) * W), prefetch(y + (TILE + v.value) * W);
                        const R a = V::load_residues(x + v.value * W);
                        sum[v.value].add(SMALL ? a : m.reduce(a), V::load_residues(y + v.value * W));
                    });
                }
                unrolled<TILE>([&](auto v) {
                    total[v.value] = V::add(total[v.value], m.reduce(sum[v.value].value(start, m)));
                    if (terms > prime.sum_terms) { // any number of them: the total must stay an exact integer
                        total[v.value] = m.reduce(total[v.value]);
                    }
                });
            }
            unrolled<TILE>([&](auto v) { V::store(to + i + v.value * W, total[v.value]); });
        }
    }

    static void multiply_sum(
        const Prime &prime, std::size_t terms, const Factors *factors, std::size_t offset, double *to) {
        prime.small ? multiply_sum_of<true>(prime, terms, factors, offset, to)
                    : multiply_sum_of<false>(prime, terms, factors, offset, to);
    }

    // Sums that share the load of an x: two registers each, of the 32 or 16 that there are.
    static constexpr std::size_t SUMS = W > 4 ? 8 : 4;

    // COUNT sums of the vector at i. `sum_start` has room for 16 terms of |x| <= 12 p, so for eight times as many of x < p.
    template <bool SMALL, std::size_t COUNT>
    static void weigh(const Prime &prime, std::size_t terms, const std::uint64_t *const *x, std::size_t sums,
                      const double *k, std::size_t i, std::uint64_t *const *to) {
        const M m(prime);
        const R start = V::all(prime.sum_start);
        const std::size_t most = SMALL ? 8 * prime.sum_terms : prime.sum_terms;
        R total[COUNT];
        unrolled<COUNT>([&](auto s) { total[s.value] = V::all(0); });
        for (std::size_t j = 0; j < terms;) {
            const std::size_t end = terms - j < most ? terms : j + most;
            Sum<V> sum[COUNT];
            unrolled<COUNT>([&](auto s) { sum[s.value] = Sum<V>(start); });
            for (; j < end; j++) {
                const R residues = V::load_residues(x[j] + i), a = SMALL ? residues : m.reduce(residues);
                const double *const factors = k + j * sums;
                unrolled<COUNT>([&](auto s) { sum[s.value].add(a, V::all(factors[s.value])); });
            }
            unrolled<COUNT>([&](auto s) {
                total[s.value] = V::add(total[s.value], m.reduce(sum[s.value].value(start, m)));
                if (terms > most) {
                    total[s.value] = m.reduce(total[s.value]);
                }
            });
        }
        unrolled<COUNT>([&](auto s) { V::store_residues(to[s.value] + i, m.canonical(total[s.value])); });
    }

    template <bool SMALL>
    static void weighted_sums_of(const Prime &prime, std::size_t terms, const std::uint64_t *const *x, std::size_t sums,
                                 const double *k, std::size_t from, std::size_t count, std::uint64_t *const *to) {
        for (std::size_t i = from; i < from + count; i += W) {
            for (std::size_t j = 0; j < terms; j++) {
                prefetch(x[j] + i + W);
            }
            std::size_t s = 0;
            for (; s + SUMS <= sums; s += SUMS) {
                weigh<SMALL, SUMS>(prime, terms, x, sums, k + s, i, to + s);
            }
            for (; s < sums; s++) {
                weigh<SMALL, 1>(prime, terms, x, sums, k + s, i, to + s);
            }
        }
    }

    static void weighted_sums(const Prime &prime, std::size_t terms, const std::uint64_t *const *x, std::size_t sums,
                              const double *k, std::size_t from, std::size_t count, std::uint64_t *const *to) {
        prime.small ? weighted_sums_of<true>(prime, terms, x, sums, k, from, count, to)
                    : weighted_sums_of<false>(prime, terms, x, sums, k, from, count, to);
    }

    static const typename V::Lanes *lanes_of(const Permutation &p, std::size_t group) {
        constexpr std::size_t count = sizeof(R) / sizeof(typename V::Lanes);
        return static_cast<const typename V::Lanes *>(p.lanes) + p.order[group] * count;
    }

    static void permute(const Prime &prime, const Permutation &p, const double *from, double *to) {
        for (std::size_t g = 0; g < prime.degree / W; g++) {
            V::store(to + g * W, V::permute(V::load(from + p.from[g] * W), lanes_of(p, g)));
        }
    }

    static void add_permuted(const Prime &prime, const Permutation &p, const double *from, double *x) {
        const M m(prime);
        for (std::size_t g = 0; g < prime.degree / W; g++) {
            const R moved = V::permute(V::load(from + p.from[g] * W), lanes_of(p, g));
            V::store(x + g * W, m.reduce(V::add(V::load(x + g * W), moved)));
        }
    }

    static void subtract_scaled(const Prime &prime, const double *y, double factor, double *x) {
        const M m(prime);
        const R f = V::all(factor);
        for (std::size_t i = 0; i < prime.degree; i += W) {
            V::store(x + i, m.reduce(m.multiply(V::sub(V::load(x + i), V::load(y + i)), f)));
        }
    }

    static void finish(const Prime &prime, const double *x, const double *y, double factor, const Addend &addend,
                       const Permutation *p, std::uint64_t *to) {
        const M m(prime);
        const R f = V::all(factor);
        with_addend(m, addend, [&](const auto &add) {
            const auto quotient = [&](std::size_t i) {
                return add(i, m.multiply(V::sub(V::load(x + i), V::load(y + i)), f));
            };
            if (p == nullptr) {
                for (std::size_t i = 0; i < prime.degree; i += W) {
                    V::store_residues(to + i, m.canonical(quotient(i)));
                }
                return;
            }
            for (std::size_t g = 0; g < prime.degree / W; g++) {
                const R moved = V::permute(quotient(p->from[g] * W), lanes_of(*p, g));
                V::store_residues(to + g * W, m.canonical(moved));
            }
        });
    }

    // factor(j, at) gives the vector of factor j from a place on.
    template <class Factor>
    SEAL_NN_INLINE static void add_terms(const Prime &prime, std::size_t terms, const double *const (*x)[2], std::size_t count,
                                         double *first, double *second, const Factor &factor) {
        const M m(prime);
        const R start = V::all(prime.sum_start);
        for (std::size_t i = 0; i < count; i += TILE * W) {
            for (std::size_t j = 0; j < terms;) {
                const std::size_t end = terms - j < prime.sum_terms ? terms : j + prime.sum_terms;
                Sum<V> s[TILE] = { Sum<V>(start), Sum<V>(start), Sum<V>(start), Sum<V>(start) };
                Sum<V> t[TILE] = { Sum<V>(start), Sum<V>(start), Sum<V>(start), Sum<V>(start) };
                for (; j < end; j++) {
                    unrolled<TILE>([&](auto v) {
                        const std::size_t at = i + v.value * W;
                        const R k = factor(j, at);
                        s[v.value].add(V::load(x[j][0] + at), k);
                        t[v.value].add(V::load(x[j][1] + at), k);
                    });
                }
                unrolled<TILE>([&](auto v) {
                    double *const a = first + i + v.value * W, *const b = second + i + v.value * W;
                    V::store(a, m.reduce(V::add(V::load(a), m.reduce(s[v.value].value(start, m)))));
                    V::store(b, m.reduce(V::add(V::load(b), m.reduce(t[v.value].value(start, m)))));
                });
            }
        }
    }

    static void add_products(const Prime &prime, std::size_t terms, const double *const (*x)[2],
                             const std::uint64_t *const *k, std::size_t count, double *first, double *second) {
        const M m(prime);
        add_terms(prime, terms, x, count, first, second, [&](std::size_t j, std::size_t at) {
            prefetch(k[j] + at + AHEAD);
            return centred(m, k[j] + at);
        });
    }

    static void add_centred_products(const Prime &prime, std::size_t terms, const double *const (*x)[2],
                                     const double *const *k, std::size_t count, double *first, double *second) {
        add_terms(prime, terms, x, count, first, second, [k](std::size_t j, std::size_t at) {
            prefetch(k[j] + at + AHEAD);
            return V::load(k[j] + at);
        });
    }

    static void add_multiples(const Prime &prime, std::size_t terms, const double *const (*x)[2], const double *k,
                              std::size_t count, double *first, double *second) {
        add_terms(prime, terms, x, count, first, second, [k](std::size_t j, std::size_t) { return V::all(k[j]); });
    }

    static void shift(const Prime &prime, double number, std::uint64_t *x) {
        const M m(prime);
        const R k = V::all(number);
        for (std::size_t i = 0; i < prime.degree; i += W) {
            V::store_residues(x + i, m.canonical(V::add(V::load_residues(x + i), k)));
        }
    }

    static void reduce_words(const Prime &prime, std::uint64_t *x) {
        const M m(prime);
        const R factor = V::all(prime.half_word);
        for (std::size_t i = 0; i < prime.degree; i += W) {
            R high, low;
            V::load_halves(x + i, high, low);
            V::store_residues(x + i, m.canonical(V::add(m.multiply(high, factor), low)));
        }
    }

    static void mixed_digit(const Prime &prime, std::size_t count, const double *const *digits, const double *factors,
                            std::size_t length, double *x) {
        constexpr std::size_t MOST_TERMS = 8; // of `conversion_start`
        const M m(prime);
        const R start = V::all(prime.conversion_start);
        for (std::size_t i = 0; i < length; i += W) {
            R digit = V::load(x + i);
            for (std::size_t j = 0; j < count;) {
                const std::size_t end = count - j < MOST_TERMS ? count : j + MOST_TERMS;
                Sum<V> sum(start);
                for (; j < end; j++) {
                    sum.add(V::load(digits[j] + i), V::all(factors[j]));
                }
                // Twice, because it is next to p/2 on either side after the first time.
                digit = m.reduce(m.reduce(V::sub(digit, sum.value(start, m))));
            }
            V::store(x + i, digit);
        }
    }

    static void from_digits(std::size_t count, const double *const *digits, const double *radices, double unit,
                            std::size_t length, double *to) {
        const R u = V::all(unit);
        for (std::size_t i = 0; i < length; i += W) {
            R sum = V::mul(V::load(digits[count - 1] + i), u);
            for (std::size_t j = count - 1; j-- > 0;) {
                sum = V::fma(sum, V::all(radices[j]), V::mul(V::load(digits[j] + i), u));
            }
            V::store(to + i, sum);
        }
    }

    static constexpr Path path(const char *name) {
        return { name,         W,         sizeof(R), set_lanes, load,    store,           forward,
                 backward,     backward_residues,    convert,   extend, inner_product,  permuted_inner_product, multiply_sum, weighted_sums,
                 add,          permute,              add_permuted,              subtract_scaled, finish,
                 add_products, add_centred_products, add_multiples, shift, reduce_words, mixed_digit,          from_digits,               FourierOf<V>::to_slots,
                 FourierOf<V>::from_slots,           Blake2bOf<V>::expand };
    }
};

} // namespace seal_nn::kernels
