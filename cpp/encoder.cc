#include "encoder.h"

#include <algorithm>
#include <complex>
#include <stdexcept>

#include "seal-nn/src/ffi/encoder.rs.h"

namespace seal_nn {

namespace {

using Complex = std::complex<double>;

// Decodes in the plaintext's own pool: a decrypted plaintext lives in one that is cleared.
template <class T>
std::vector<T> decode(const Encoder &encoder, const seal::Plaintext &plaintext) {
    std::vector<T> values;
    encoder.inner.decode(plaintext, values, plaintext.pool());
    return values;
}

void check_length(std::size_t found, std::size_t expected) {
    if (found != expected) {
        throw std::invalid_argument("the buffer does not have one place for each slot");
    }
}

} // namespace

std::unique_ptr<Encoder> new_encoder(const seal::SEALContext &context) { return std::make_unique<Encoder>(context); }

std::unique_ptr<seal::Plaintext> encode_real(const Encoder &encoder, const seal::SEALContext &context,
                                             rust::Slice<const double> values, std::size_t level, double scale) {
    auto plaintext = std::make_unique<seal::Plaintext>();
    const std::vector<double> copied(values.begin(), values.end());
    encoder.inner.encode(copied, at_level(context, level).parms_id(), scale, *plaintext);
    return plaintext;
}

std::unique_ptr<seal::Plaintext> encode_complex(const Encoder &encoder, const seal::SEALContext &context,
                                                rust::Slice<const double> parts, std::size_t level, double scale) {
    auto plaintext = std::make_unique<seal::Plaintext>();
    std::vector<Complex> values(parts.size() / 2);
    for (std::size_t i = 0; i < values.size(); i++) {
        values[i] = Complex(parts[2 * i], parts[2 * i + 1]);
    }
    encoder.inner.encode(values, at_level(context, level).parms_id(), scale, *plaintext);
    return plaintext;
}

std::unique_ptr<seal::Plaintext> encode_constant(
    const Encoder &encoder, const seal::SEALContext &context, double value, std::size_t level, double scale) {
    if (value == 0) { // of which SEAL would take the logarithm
        return encode_real(encoder, context, {}, level, scale);
    }
    auto plaintext = std::make_unique<seal::Plaintext>();
    encoder.inner.encode(value, at_level(context, level).parms_id(), scale, *plaintext);
    return plaintext;
}

void decode_real(const Encoder &encoder, const seal::Plaintext &plaintext, rust::Slice<double> values) {
    const auto decoded = decode<double>(encoder, plaintext);
    check_length(values.size(), decoded.size());
    std::copy(decoded.begin(), decoded.end(), values.begin());
}

void decode_complex(const Encoder &encoder, const seal::Plaintext &plaintext, rust::Slice<double> parts) {
    const auto decoded = decode<Complex>(encoder, plaintext);
    check_length(parts.size(), 2 * decoded.size());
    for (std::size_t i = 0; i < decoded.size(); i++) {
        parts[2 * i] = decoded[i].real();
        parts[2 * i + 1] = decoded[i].imag();
    }
}

} // namespace seal_nn
