#include "seeded.h"

#include <cstring>

namespace seal_nn::kernels {

namespace {

template <class T>
void put(std::uint8_t *to, const T &value) {
    std::memcpy(to, &value, sizeof value);
}

void put_header(std::uint8_t *to, std::size_t size) {
    seal::Serialization::SEALHeader header;
    header.size = size;
    put(to, header);
}

} // namespace

void SeededLayout::write(const seal::SEALContext::ContextData &level, double scale, std::uint8_t *bytes) const {
    const auto &parameters = level.parms();
    put_header(bytes, size());
    put(bytes + IDENTITY, level.parms_id());
    bytes[FORM] = 1;
    put(bytes + SIZES, std::uint64_t(2));
    put(bytes + SIZES + 8, std::uint64_t(parameters.poly_modulus_degree()));
    put(bytes + SIZES + 16, std::uint64_t(parameters.coeff_modulus().size()));
    put(bytes + SCALE, scale);
    put(bytes + CORRECTION, std::uint64_t(1));
    put_header(bytes + ARRAY, RESIDUES - ARRAY + 8 * residues_);
    put(bytes + ARRAY + HEADER, std::uint64_t(residues_));
    put_header(bytes + generator(), size() - generator());
    put(bytes + kind(), seal::prng_type::blake2xb);
}

} // namespace seal_nn::kernels
