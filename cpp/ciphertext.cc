#include "ciphertext.h"

#include "seal-nn/src/ffi/ciphertext.rs.h"

namespace seal_nn {

void set_scale(seal::Ciphertext &ciphertext, double scale) { ciphertext.scale() = scale; }

std::unique_ptr<seal::Ciphertext> new_ciphertext(const seal::SEALContext &context, std::size_t level, double scale) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    ciphertext->resize(context, at_level(context, level).parms_id(), 2);
    ciphertext->is_ntt_form() = true;
    ciphertext->scale() = scale;
    return ciphertext;
}

rust::Slice<const std::uint64_t> residues(const seal::Ciphertext &ciphertext) {
    return { ciphertext.data(), ciphertext.dyn_array().size() };
}

rust::Slice<std::uint64_t> residues_mut(seal::Ciphertext &ciphertext) {
    return { ciphertext.data(), ciphertext.dyn_array().size() };
}

} // namespace seal_nn
