// BLAKE2b's compression function, on as many states at a time as a vector has lanes (RFC 7693).
#pragma once

#include "vector.h"

namespace seal_nn::kernels {

template <class V>
struct Blake2bOf {
    using R = typename V::Words;

    static constexpr std::uint64_t START[8] = {
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    };
    // Which word of the message goes where, by round; the last two rounds are the first two again.
    static constexpr unsigned char ORDER[10][16] = {
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
        { 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 }, { 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
        { 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 }, { 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
        { 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 }, { 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
        { 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 }, { 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
    };

    SEAL_NN_INLINE static void mix(R &a, R &b, R &c, R &d, R x, R y) {
        a = V::plus(V::plus(a, b), x);
        d = V::template rotated<32>(V::exclusive_or(d, a));
        c = V::plus(c, d);
        b = V::template rotated<24>(V::exclusive_or(b, c));
        a = V::plus(V::plus(a, b), y);
        d = V::template rotated<16>(V::exclusive_or(d, a));
        c = V::plus(c, d);
        b = V::template rotated<63>(V::exclusive_or(b, c));
    }

    // `h` after a block of the words `message(0)` ... `message(15)`, where `bytes` are hashed with it.
    template <class Message>
    SEAL_NN_INLINE static void compress(R *h, const Message &message, std::uint64_t bytes, bool last) {
        R v[16];
        unrolled<8>([&](auto k) {
            constexpr std::size_t i = decltype(k)::value;
            v[i] = h[i], v[i + 8] = V::words(START[i]);
        });
        v[12] = V::exclusive_or(v[12], V::words(bytes));
        v[14] = V::exclusive_or(v[14], V::words(last ? ~std::uint64_t(0) : 0));
        unrolled<12>([&](auto round) {
            constexpr const unsigned char *s = ORDER[decltype(round)::value % 10];
            mix(v[0], v[4], v[8], v[12], message(s[0]), message(s[1]));
            mix(v[1], v[5], v[9], v[13], message(s[2]), message(s[3]));
            mix(v[2], v[6], v[10], v[14], message(s[4]), message(s[5]));
            mix(v[3], v[7], v[11], v[15], message(s[6]), message(s[7]));
            mix(v[0], v[5], v[10], v[15], message(s[8]), message(s[9]));
            mix(v[1], v[6], v[11], v[12], message(s[10]), message(s[11]));
            mix(v[2], v[7], v[8], v[13], message(s[12]), message(s[13]));
            mix(v[3], v[4], v[9], v[14], message(s[14]), message(s[15]));
        });
        unrolled<8>([&](auto k) {
            constexpr std::size_t i = decltype(k)::value;
            h[i] = V::exclusive_or(h[i], V::exclusive_or(v[i], v[i + 8]));
        });
    }

    // BLAKE2X: `count` blocks of eight words, those that follow the root in an output of `bytes` bytes.
    static void expand(const std::uint64_t *root, std::uint32_t bytes, std::size_t count, std::uint64_t *to) {
        for (std::size_t first = 0; first < count; first += V::width, to += 8 * V::width) {
            R h[8];
            unrolled<8>([&](auto k) { h[decltype(k)::value] = V::words(START[decltype(k)::value]); });
            // The parameters of a block: 64 bytes, leaves of 64 bytes; its number, the length of all; inner length 64.
            h[0] = V::exclusive_or(h[0], V::words(std::uint64_t(64) << 32 | 64));
            h[1] = V::exclusive_or(h[1], V::plus(V::count_from(first), V::words(std::uint64_t(bytes) << 32)));
            h[2] = V::exclusive_or(h[2], V::words(64 << 8));
            // The root is half a block; zeros fill the rest.
            compress(h, [root](std::size_t i) { return V::words(i < 8 ? root[i] : 0); }, 64, true);
            V::store_transposed(to, h);
        }
    }
};

} // namespace seal_nn::kernels
