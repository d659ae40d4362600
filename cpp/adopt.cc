#include "adopt.h"

#include <seal/util/ntt.h>

#include <algorithm>
#include <stdexcept>

#include "seal-nn/src/ffi/adopt.rs.h"

namespace seal_nn {

std::unique_ptr<seal::Ciphertext> adopt_ciphertext(const seal::SEALContext &context, const seal::Ciphertext &x) {
    const auto &level = at_level(context, x.coeff_modulus_size() - 1);
    if (level.parms().poly_modulus_degree() != x.poly_modulus_degree()) {
        throw std::invalid_argument("a ciphertext of another degree");
    }
    auto adopted = copy(x);
    adopted->parms_id() = level.parms_id();
    return adopted;
}

std::unique_ptr<seal::SecretKey> adopt_secret_key(
    const seal::SEALContext &context, const seal::SEALContext &own, const seal::SecretKey &key) {
    const auto &data = *context.key_context_data(), &own_data = *own.key_context_data();
    const std::size_t n = data.parms().poly_modulus_degree();
    if (own_data.parms().poly_modulus_degree() != n || key.data().coeff_count() < n) {
        throw std::invalid_argument("a secret key of another degree");
    }
    const auto &moduli = data.parms().coeff_modulus();
    const std::uint64_t own_prime = own_data.parms().coeff_modulus()[0].value();
    // Its memory is cleared, and no other is used.
    auto adopted = std::make_unique<seal::SecretKey>();
    adopted->data().resize(n * moduli.size());
    std::uint64_t *const coefficients = adopted->data().data();
    std::copy_n(key.data().data(), n, coefficients);
    seal::util::inverse_ntt_negacyclic_harvey(seal::util::CoeffIter(coefficients), own_data.small_ntt_tables()[0]);
    for (std::size_t i = moduli.size(); i-- > 0;) { // the first last, which is where the coefficients lie
        std::uint64_t *const row = coefficients + i * n;
        const std::uint64_t prime = moduli[i].value();
        for (std::size_t k = 0; k < n; k++) {
            const std::uint64_t c = coefficients[k];
            row[k] = c > own_prime / 2 ? prime - (own_prime - c) : c;
        }
        seal::util::ntt_negacyclic_harvey(seal::util::CoeffIter(row), data.small_ntt_tables()[i]);
    }
    adopted->parms_id() = context.key_parms_id();
    return adopted;
}

} // namespace seal_nn
