#include "key_bytes.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace seal_nn::sanitize {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t HEADER = 2 * sizeof(std::uint32_t), WORD = sizeof(std::uint64_t);

class Mutations {
  public:
    Mutations(const Setting &setting, const kernels::HybridEvaluator &hybrid)
        : switcher_(hybrid), x_(setting.encrypt(setting.values(1), 0)) {}

    // A memory block of just these bytes, so that a read past them is one past it.
    bool taken(const Bytes &bytes, std::size_t count) const {
        const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[count]);
        std::copy_n(bytes.begin(), count, exact.get());
        kernels::HybridKeys keys;
        try {
            keys.add(switcher_.context(), exact.get(), count);
        } catch (const std::exception &) {
            return false;
        }
        use(keys);
        return true;
    }

  private:
    // Whatever such keys give, they may not lead out of their memory.
    void use(const kernels::HybridKeys &keys) const {
        const auto degree = static_cast<std::uint32_t>(switcher_.context().degree());
        for (std::uint32_t element = 3; element < 2 * degree; element += 2) {
            if (keys.levels(element) != 0) {
                seal::Ciphertext to;
                switcher_.rotate(x_, element, keys, to);
            }
        }
    }

    const kernels::HybridEvaluator &switcher_;
    seal::Ciphertext x_;
};

} // namespace

void check_key_bytes(Setting &setting) {
    const kernels::HybridEvaluator hybrid(setting.context(), setting.specials(), *paths().back(), kernels::nobody);
    const Mutations mutations(setting, hybrid);
    Bytes bytes;
    setting.append_key(hybrid.context(), setting.element(1), 1, bytes);
    if (!mutations.taken(bytes, bytes.size()) || !mutations.taken(bytes, 0)) {
        fail("a key as it was written was refused");
    }

    // Every length near either end, and some in between; no bytes at all are no key.
    for (std::size_t count = 1; count < bytes.size(); count += count < 512 || count + 64 > bytes.size() ? 1 : 61) {
        if (mutations.taken(bytes, count)) {
            fail("a key of " + std::to_string(count) + " bytes was taken");
        }
    }
    Bytes longer = bytes;
    for (std::size_t more = 1; more < 64; more++) {
        longer.push_back(0);
        if (mutations.taken(longer, longer.size())) {
            fail("a key with bytes behind it was taken");
        }
    }
    // Each bit of element, level, seeds and first residues.
    for (std::size_t bit = 0; bit < 8 * 512; bit++) {
        Bytes flipped = bytes;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1 << bit % 8);
        mutations.taken(flipped, flipped.size());
    }
    // Extremes in the words of the header, and in residues all over the key.
    for (std::uint32_t extreme : { 0u, 1u, 2u, 0x7fffffffu, 0x80000000u, 0xffffffffu }) {
        for (std::size_t at = 0; at < HEADER; at += sizeof extreme) {
            Bytes mutated = bytes;
            std::memcpy(mutated.data() + at, &extreme, sizeof extreme);
            mutations.taken(mutated, mutated.size());
        }
    }
    const std::size_t residues = HEADER + hybrid.context().digit_count(1) * 8 * WORD;
    for (std::size_t at = residues; at < bytes.size(); at += 97 * WORD) {
        Bytes mutated = bytes;
        std::memset(mutated.data() + at, 0xff, WORD);
        if (mutations.taken(mutated, mutated.size())) {
            fail("a key with a residue above its prime was taken");
        }
    }
}

} // namespace seal_nn::sanitize
