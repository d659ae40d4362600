// The bytes of a ciphertext with a seed in place of its second half, as SEAL saves them without compression
// (Ciphertext::save_members): identity, form, three sizes, scale and correction factor, an array, a generator.
#pragma once

#include <seal/context.h>
#include <seal/serialization.h>

#include <cstdint>

#include "sample.h"

namespace seal_nn::kernels {

class SeededLayout {
    static constexpr std::size_t HEADER = sizeof(seal::Serialization::SEALHeader);

  public:
    static constexpr std::size_t IDENTITY = HEADER, FORM = IDENTITY + sizeof(seal::parms_id_type), SIZES = FORM + 1,
                                 SCALE = SIZES + 3 * 8, CORRECTION = SCALE + 8, ARRAY = CORRECTION + 8,
                                 RESIDUES = ARRAY + HEADER + 8;

    explicit SeededLayout(std::size_t residues) : residues_(residues) {}
    std::size_t generator() const { return RESIDUES + 8 * residues_; }
    std::size_t kind() const { return generator() + HEADER; }
    std::size_t seed() const { return kind() + 1; }
    std::size_t size() const { return seed() + SEED_WORDS * 8; }

    // Everything but residues and seed, which is one for SEAL's default generator.
    void write(const seal::SEALContext::ContextData &level, double scale, std::uint8_t *bytes) const;

  private:
    std::size_t residues_;
};

} // namespace seal_nn::kernels
