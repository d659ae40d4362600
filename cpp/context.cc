#include "context.h"

#include <stdexcept>
#include <vector>

#include "seal-nn/src/ffi/context.rs.h"

namespace seal_nn {

std::unique_ptr<seal::SEALContext> new_context(
    std::uint8_t scheme, std::size_t degree, rust::Slice<const std::uint64_t> primes, std::int32_t security) {
    seal::EncryptionParameters parameters(static_cast<seal::scheme_type>(scheme));
    parameters.set_poly_modulus_degree(degree);
    parameters.set_coeff_modulus(std::vector<seal::Modulus>(primes.begin(), primes.end()));
    return std::make_unique<seal::SEALContext>(parameters, true, static_cast<seal::sec_level_type>(security));
}

rust::String parameter_error(const seal::SEALContext &context) { return context.parameter_error_name(); }

rust::String parameter_error_message(const seal::SEALContext &context) { return context.parameter_error_message(); }

const seal::SEALContext::ContextData &at_level(const seal::SEALContext &context, std::size_t level) {
    // SEAL's chain index counts the levels from the lowest, as we do; the key level lies above the first data level.
    auto data = context.first_context_data();
    while (data && data->chain_index() != level) {
        data = data->next_context_data();
    }
    if (!data) {
        throw std::out_of_range("level above the modulus chain");
    }
    return *data; // the context owns it
}

} // namespace seal_nn
