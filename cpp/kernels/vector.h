// Vectors of doubles, and of integers for hashing: one interface, one type for each code path. A file that includes this is compiled with the flags
// of one path; types of other paths are not there, so that no instruction can slip into code that runs everywhere. For
// the same reason the files of the paths use nothing of the standard library that is an inline function.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace seal_nn::kernels {

// Adding and subtracting it rounds a double below 2^51 to the nearest integer.
constexpr double ROUND = 6755399441055744.0; // 1.5 * 2^52
// The doubles from 2^52 to 2^53 are the integers, their low 52 bits the distance from 2^52.
constexpr double TWO_52 = 4503599627370496.0;
constexpr std::uint64_t TWO_52_BITS = 0x4330000000000000;

// step(Index<0>()) ... step(Index<COUNT - 1>()): a loop that is unrolled before registers are given out, so that arrays
// that it walks through can be registers.
template <std::size_t I>
struct Index {
    static constexpr std::size_t value = I;
};

#if defined(__GNUC__)
#define SEAL_NN_INLINE __attribute__((always_inline)) inline
#else
#define SEAL_NN_INLINE inline
#endif

template <std::size_t COUNT, std::size_t I = 0, class Step>
SEAL_NN_INLINE void unrolled(const Step &step) {
    if constexpr (I < COUNT) {
        step(Index<I>());
        unrolled<COUNT, I + 1>(step);
    }
}

// One double: for every machine. Where the compiler has no fused multiply-add for the target, the C library's does the
// same exactly, but slowly.
struct Portable {
    static constexpr std::size_t width = 1;
    using Register = double;
    using Lanes = std::uint64_t;
    static double load(const double *x) { return *x; }
    static void store(double *x, double a) { *x = a; }
    static double all(double a) { return a; }
    static double add(double a, double b) { return a + b; }
    static double sub(double a, double b) { return a - b; }
    static double mul(double a, double b) { return a * b; }
    static double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }  // a b + c
    static double fms(double a, double b, double c) { return __builtin_fma(a, b, -c); } // a b - c
    static double fnma(double a, double b, double c) { return __builtin_fma(-a, b, c); } // c - a b
    static double plus_if_negative(double a, double b) { return a < 0 ? a + b : a; }
    static double load_residues(const std::uint64_t *x) { return static_cast<double>(static_cast<std::int64_t>(*x)); }
    // Words of 64 bits as high 2^32 + low.
    static void load_halves(const std::uint64_t *x, double &high, double &low) {
        high = static_cast<double>(static_cast<std::uint32_t>(*x >> 32));
        low = static_cast<double>(static_cast<std::uint32_t>(*x));
    }
    static void store_residues(std::uint64_t *x, double a) {
        *x = static_cast<std::uint64_t>(static_cast<std::int64_t>(a));
    }
    SEAL_NN_INLINE static void transpose(double *) {}
    static void set_lanes(Lanes *lanes, const unsigned *) { *lanes = 0; }
    static double permute(double a, const Lanes *) { return a; }

    using Words = std::uint64_t;
    static Words words(std::uint64_t a) { return a; }
    static Words count_from(std::uint64_t a) { return a; } // a, a + 1, ...
    static Words plus(Words a, Words b) { return a + b; }
    static Words exclusive_or(Words a, Words b) { return a ^ b; }
    template <int RIGHT>
    static Words rotated(Words a) { return a >> RIGHT | a << (64 - RIGHT); }
    // For each lane, that lane of eight vectors.
    static void store_transposed(std::uint64_t *to, const Words *v) {
        for (std::size_t i = 0; i < 8; i++) {
            to[i] = v[i];
        }
    }
};

#if defined(__AVX2__) && defined(__FMA__)
// Four doubles: AVX2 with FMA.
struct Avx2 {
    static constexpr std::size_t width = 4;
    using Register = __m256d;
    using Lanes = std::uint32_t;
    static __m256d load(const double *x) { return _mm256_load_pd(x); }
    static void store(double *x, __m256d a) { _mm256_store_pd(x, a); }
    static __m256d all(double a) { return _mm256_set1_pd(a); }
    static __m256d add(__m256d a, __m256d b) { return _mm256_add_pd(a, b); }
    static __m256d sub(__m256d a, __m256d b) { return _mm256_sub_pd(a, b); }
    static __m256d mul(__m256d a, __m256d b) { return _mm256_mul_pd(a, b); }
    static __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
    static __m256d fms(__m256d a, __m256d b, __m256d c) { return _mm256_fmsub_pd(a, b, c); }
    static __m256d fnma(__m256d a, __m256d b, __m256d c) { return _mm256_fnmadd_pd(a, b, c); }
    static __m256d plus_if_negative(__m256d a, __m256d b) {
        return add(a, _mm256_and_pd(b, _mm256_cmp_pd(a, _mm256_setzero_pd(), _CMP_LT_OQ)));
    }
    static __m256d load_residues(const std::uint64_t *x) { // below 2^52
        const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(x));
        return sub(_mm256_castsi256_pd(_mm256_or_si256(bits, _mm256_set1_epi64x(TWO_52_BITS))), all(TWO_52));
    }
    static void load_halves(const std::uint64_t *x, __m256d &high, __m256d &low) {
        const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(x));
        const __m256i above = _mm256_set1_epi64x(TWO_52_BITS), mask = _mm256_set1_epi64x(0xFFFFFFFF);
        high = sub(_mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(bits, 32), above)), all(TWO_52));
        low = sub(_mm256_castsi256_pd(_mm256_or_si256(_mm256_and_si256(bits, mask), above)), all(TWO_52));
    }
    static void store_residues(std::uint64_t *x, __m256d a) {
        const __m256d bits = _mm256_xor_pd(add(a, all(TWO_52)), all(TWO_52));
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(x), _mm256_castpd_si256(bits));
    }
    SEAL_NN_INLINE static void transpose(__m256d *v) {
        const __m256d a = _mm256_unpacklo_pd(v[0], v[1]), b = _mm256_unpackhi_pd(v[0], v[1]),
                      c = _mm256_unpacklo_pd(v[2], v[3]), d = _mm256_unpackhi_pd(v[2], v[3]);
        v[0] = _mm256_permute2f128_pd(a, c, 0x20);
        v[1] = _mm256_permute2f128_pd(b, d, 0x20);
        v[2] = _mm256_permute2f128_pd(a, c, 0x31);
        v[3] = _mm256_permute2f128_pd(b, d, 0x31);
    }
    // AVX2 permutes halves of doubles: two indices a lane.
    static void set_lanes(Lanes *lanes, const unsigned *from) {
        for (unsigned i = 0; i < 4; i++) {
            lanes[2 * i] = 2 * from[i], lanes[2 * i + 1] = 2 * from[i] + 1;
        }
    }
    static __m256d permute(__m256d a, const Lanes *lanes) {
        const __m256i indices = _mm256_load_si256(reinterpret_cast<const __m256i *>(lanes));
        return _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(a), indices));
    }

    using Words = __m256i;
    static Words words(std::uint64_t a) { return _mm256_set1_epi64x(static_cast<long long>(a)); }
    static Words count_from(std::uint64_t a) { return plus(words(a), _mm256_setr_epi64x(0, 1, 2, 3)); }
    static Words plus(Words a, Words b) { return _mm256_add_epi64(a, b); }
    static Words exclusive_or(Words a, Words b) { return _mm256_xor_si256(a, b); }
    template <int RIGHT>
    static Words rotated(Words a) {
        if (RIGHT == 32) {
            return _mm256_shuffle_epi32(a, 0xB1);
        }
        if (RIGHT == 63) {
            return _mm256_or_si256(_mm256_add_epi64(a, a), _mm256_srli_epi64(a, 63));
        }
        return _mm256_or_si256(_mm256_srli_epi64(a, RIGHT), _mm256_slli_epi64(a, 64 - RIGHT));
    }
    static void store_transposed(std::uint64_t *to, const Words *v) {
        for (std::size_t half = 0; half < 2; half++) {
            __m256d rows[4];
            for (std::size_t i = 0; i < 4; i++) {
                rows[i] = _mm256_castsi256_pd(v[4 * half + i]);
            }
            transpose(rows);
            for (std::size_t i = 0; i < 4; i++) {
                __m256i *const place = reinterpret_cast<__m256i *>(to + 8 * i + 4 * half);
                _mm256_storeu_si256(place, _mm256_castpd_si256(rows[i]));
            }
        }
    }
};
#endif

#if defined(__AVX512F__)
// Eight doubles: AVX-512.
struct Avx512 {
    static constexpr std::size_t width = 8;
    using Register = __m512d;
    using Lanes = std::uint64_t;
    static __m512d load(const double *x) { return _mm512_load_pd(x); }
    static void store(double *x, __m512d a) { _mm512_store_pd(x, a); }
    static __m512d all(double a) { return _mm512_set1_pd(a); }
    static __m512d add(__m512d a, __m512d b) { return _mm512_add_pd(a, b); }
    static __m512d sub(__m512d a, __m512d b) { return _mm512_sub_pd(a, b); }
    static __m512d mul(__m512d a, __m512d b) { return _mm512_mul_pd(a, b); }
    static __m512d fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
    static __m512d fms(__m512d a, __m512d b, __m512d c) { return _mm512_fmsub_pd(a, b, c); }
    static __m512d fnma(__m512d a, __m512d b, __m512d c) { return _mm512_fnmadd_pd(a, b, c); }
    static __m512d plus_if_negative(__m512d a, __m512d b) {
        return _mm512_mask_add_pd(a, _mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_LT_OQ), a, b);
    }
    static __m512d load_residues(const std::uint64_t *x) { // below 2^52
        const __m512i bits = _mm512_loadu_si512(x);
        return sub(_mm512_castsi512_pd(_mm512_or_si512(bits, _mm512_set1_epi64(TWO_52_BITS))), all(TWO_52));
    }
    static void load_halves(const std::uint64_t *x, __m512d &high, __m512d &low) {
        const __m512i bits = _mm512_loadu_si512(x);
        const __m512i above = _mm512_set1_epi64(TWO_52_BITS), mask = _mm512_set1_epi64(0xFFFFFFFF);
        high = sub(_mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(bits, 32), above)), all(TWO_52));
        low = sub(_mm512_castsi512_pd(_mm512_or_si512(_mm512_and_si512(bits, mask), above)), all(TWO_52));
    }
    static void store_residues(std::uint64_t *x, __m512d a) {
        const __m512i bits = _mm512_castpd_si512(add(a, all(TWO_52)));
        _mm512_storeu_si512(x, _mm512_xor_si512(bits, _mm512_set1_epi64(TWO_52_BITS)));
    }
    SEAL_NN_INLINE static void transpose(__m512d *v) {
        __m512d a[8], b[8];
        unrolled<4>([&](auto k) { // pairs of rows
            constexpr std::size_t i = 2 * decltype(k)::value;
            a[i] = _mm512_unpacklo_pd(v[i], v[i + 1]), a[i + 1] = _mm512_unpackhi_pd(v[i], v[i + 1]);
        });
        unrolled<4>([&](auto k) { // pairs of those
            constexpr std::size_t i = decltype(k)::value / 2 * 4 + decltype(k)::value % 2;
            b[i] = _mm512_shuffle_f64x2(a[i], a[i + 2], 0x88), b[i + 2] = _mm512_shuffle_f64x2(a[i], a[i + 2], 0xDD);
        });
        unrolled<4>([&](auto k) {
            constexpr std::size_t i = decltype(k)::value;
            v[i] = _mm512_shuffle_f64x2(b[i], b[i + 4], 0x88), v[i + 4] = _mm512_shuffle_f64x2(b[i], b[i + 4], 0xDD);
        });
    }
    static void set_lanes(Lanes *lanes, const unsigned *from) {
        for (unsigned i = 0; i < 8; i++) {
            lanes[i] = from[i];
        }
    }
    static __m512d permute(__m512d a, const Lanes *lanes) {
        return _mm512_permutexvar_pd(_mm512_load_si512(lanes), a);
    }

    using Words = __m512i;
    static Words words(std::uint64_t a) { return _mm512_set1_epi64(static_cast<long long>(a)); }
    static Words count_from(std::uint64_t a) { return plus(words(a), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)); }
    static Words plus(Words a, Words b) { return _mm512_add_epi64(a, b); }
    static Words exclusive_or(Words a, Words b) { return _mm512_xor_si512(a, b); }
    template <int RIGHT>
    static Words rotated(Words a) { return _mm512_ror_epi64(a, RIGHT); }
    static void store_transposed(std::uint64_t *to, const Words *v) {
        __m512d rows[8];
        unrolled<8>([&](auto k) { rows[decltype(k)::value] = _mm512_castsi512_pd(v[decltype(k)::value]); });
        transpose(rows);
        unrolled<8>([&](auto k) {
            constexpr std::size_t i = decltype(k)::value;
            _mm512_storeu_si512(to + 8 * i, _mm512_castpd_si512(rows[i]));
        });
    }
};
#endif

} // namespace seal_nn::kernels
