#include "context.h"

#include <stdexcept>
#include <vector>

#include "pool.h"
#include "random.h"
#include "seal-nn/src/ffi/context.rs.h"

namespace seal_nn {

namespace {

std::size_t level_of(const seal::SEALContext::ContextData &data) { return data.parms().coeff_modulus().size() - 1; }

} // namespace

std::unique_ptr<seal::SEALContext> new_context(std::uint8_t scheme, std::size_t degree,
                                               rust::Slice<const std::uint64_t> primes, std::uint64_t plain_modulus,
                                               std::int32_t security, rust::Slice<const std::uint64_t> seed) {
    use_our_pool();
    seal::EncryptionParameters parameters(static_cast<seal::scheme_type>(scheme));
    parameters.set_poly_modulus_degree(degree);
    parameters.set_coeff_modulus(std::vector<seal::Modulus>(primes.begin(), primes.end()));
    parameters.set_plain_modulus(plain_modulus);
    if (!seed.empty()) {
        parameters.set_random_generator(std::make_shared<SeedSequence>(seed[0]));
    }
    return std::make_unique<seal::SEALContext>(parameters, true, static_cast<seal::sec_level_type>(security));
}

rust::String parameter_error(const seal::SEALContext &context) { return context.parameter_error_name(); }

rust::String parameter_error_message(const seal::SEALContext &context) { return context.parameter_error_message(); }

const seal::SEALContext::ContextData &at_level(const seal::SEALContext &context, std::size_t level) {
    // The key level lies above the first data level.
    auto data = context.first_context_data();
    while (data && level_of(*data) != level) {
        data = data->next_context_data();
    }
    if (!data) {
        throw std::out_of_range("level outside the modulus chain");
    }
    return *data; // the context owns it
}

std::size_t highest_level(const seal::SEALContext &context) { return level_of(*context.first_context_data()); }

std::size_t lowest_level(const seal::SEALContext &context) { return level_of(*context.last_context_data()); }

bool has_slots(const seal::SEALContext &context) {
    return context.first_context_data()->qualifiers().using_batching;
}

std::array<std::uint64_t, 4> parms_id(const seal::SEALContext &context, std::size_t level) {
    return at_level(context, level).parms_id();
}

std::array<std::uint64_t, 4> key_parms_id(const seal::SEALContext &context) { return context.key_parms_id(); }

bool keeps_transformed(const seal::SEALContext &context) {
    switch (context.key_context_data()->parms().scheme()) {
    case seal::scheme_type::ckks:
        return true;
    case seal::scheme_type::bgv:
        return SEAL_VERSION_MAJOR > 4 || (SEAL_VERSION_MAJOR == 4 && SEAL_VERSION_MINOR >= 1);
    default:
        return false;
    }
}

} // namespace seal_nn
