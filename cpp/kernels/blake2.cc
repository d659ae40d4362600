#include "blake2.h"

#include <algorithm>

#include "blake2_of.h"

namespace seal_nn::kernels {

void Blake2xb::refill_buffer() {
    using Hash = Blake2bOf<Portable>;
    const auto bytes = static_cast<std::uint32_t>(buffer_size_);
    std::uint64_t root[8];
    std::copy_n(Hash::START, 8, root);
    // The parameters of the root: 64 bytes, a key of 64 bytes, one leaf; the length of all.
    root[0] ^= 0x01014040;
    root[1] ^= std::uint64_t(bytes) << 32;
    const std::uint64_t *const key = seed_.begin();
    Hash::compress(root, [key](std::size_t i) { return i < 8 ? key[i] : 0; }, 128, false);
    const std::uint64_t counter = counter_++;
    Hash::compress(root, [counter](std::size_t i) { return i == 0 ? counter : 0; }, 136, true);

    std::uint64_t *const words = reinterpret_cast<std::uint64_t *>(buffer_begin_);
    path_.expand_root(root, bytes, bytes / 64, words);
    seal::util::seal_memzero(root, sizeof root); // it may tell of secrets
}

} // namespace seal_nn::kernels
