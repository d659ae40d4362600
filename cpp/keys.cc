#include "keys.h"

#include <seal/util/galois.h>

#include "seal-nn/src/ffi/keys.rs.h"

namespace seal_nn {

namespace {

std::uint32_t degree_of(const seal::SEALContext &context) {
    return static_cast<std::uint32_t>(context.key_context_data()->parms().poly_modulus_degree());
}

// The automorphism X -> X^(2N-1) conjugates every slot.
std::uint32_t conjugation(std::uint32_t degree) { return 2 * degree - 1; }

// The inverse of GaloisKeys::get_index.
std::uint32_t element_at(std::size_t index) { return static_cast<std::uint32_t>(2 * index + 1); }

} // namespace

rust::Vec<std::int32_t> steps_where(
    const seal::SEALContext &context, const std::function<bool(std::uint32_t)> &has_key) {
    const std::uint32_t degree = degree_of(context);
    const std::int32_t slots = static_cast<std::int32_t>(degree / 2);
    const std::uint64_t generator = slots > 1 ? context.key_context_data()->galois_tool()->get_elt_from_step(1) : 1;
    rust::Vec<std::int32_t> steps;
    std::uint64_t element = 1;
    for (std::int32_t step = 1; step < slots; step++) {
        element = element * generator % (2 * degree);
        if (has_key(static_cast<std::uint32_t>(element))) {
            steps.push_back(step > slots / 2 ? step - slots : step);
        }
    }
    return steps;
}

rust::Vec<std::int32_t> galois_steps(const seal::SEALContext &context, const seal::GaloisKeys &keys) {
    return steps_where(context, [&](std::uint32_t element) { return keys.has_key(element); });
}

rust::Vec<std::uint32_t> galois_elements(const seal::GaloisKeys &keys) {
    rust::Vec<std::uint32_t> elements;
    for (std::size_t index = 0; index < keys.data().size(); index++) {
        if (!keys.data()[index].empty()) {
            elements.push_back(element_at(index));
        }
    }
    return elements;
}

bool has_conjugation_key(const seal::SEALContext &context, const seal::GaloisKeys &keys) {
    return keys.has_key(conjugation(degree_of(context)));
}

void prepare_permutations(const seal::SEALContext &context, const seal::GaloisKeys &keys) {
    const auto data = context.key_context_data();
    const std::size_t degree = degree_of(context);
    const std::vector<std::uint64_t> from(degree);
    std::vector<std::uint64_t> to(degree);
    for (std::size_t index = 0; index < keys.data().size(); index++) {
        if (!keys.data()[index].empty()) {
            data->galois_tool()->apply_galois_ntt(
                seal::util::ConstCoeffIter(from.data()), element_at(index), seal::util::CoeffIter(to.data()));
        }
    }
}

} // namespace seal_nn
