#include "plaintext.h"

#include <algorithm>
#include <stdexcept>

#include "seal-nn/src/ffi/plaintext.rs.h"

namespace seal_nn {

std::unique_ptr<seal::Plaintext> copy_plaintext(const seal::Plaintext &plaintext) {
    return std::make_unique<seal::Plaintext>(plaintext, plaintext.pool());
}

std::unique_ptr<seal::Plaintext> plaintext_of(rust::Slice<const std::uint64_t> coefficients) {
    auto plaintext = std::make_unique<seal::Plaintext>(std::max<std::size_t>(coefficients.size(), 1));
    plaintext->set_zero();
    std::copy(coefficients.begin(), coefficients.end(), plaintext->data());
    return plaintext;
}

void copy_coefficients(const seal::Plaintext &plaintext, rust::Slice<std::uint64_t> to) {
    if (to.size() != plaintext.coeff_count()) {
        throw std::invalid_argument("the buffer does not have one place for each coefficient");
    }
    std::copy_n(plaintext.data(), to.size(), to.begin());
}

} // namespace seal_nn
