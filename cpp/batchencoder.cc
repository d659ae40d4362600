#include "batchencoder.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "seal-nn/src/ffi/batchencoder.rs.h"

namespace seal_nn {

namespace {

template <class T>
std::unique_ptr<seal::Plaintext> encode(const seal::BatchEncoder &encoder, rust::Slice<const T> values) {
    auto plaintext = std::make_unique<seal::Plaintext>();
    encoder.encode(std::vector<T>(values.begin(), values.end()), *plaintext);
    return plaintext;
}

// Decodes in the plaintext's own pool: a decrypted plaintext lives in one that is cleared.
template <class T>
void decode(const seal::BatchEncoder &encoder, const seal::Plaintext &plaintext, rust::Slice<T> values) {
    std::vector<T> decoded;
    encoder.decode(plaintext, decoded, plaintext.pool());
    if (values.size() != decoded.size()) {
        throw std::invalid_argument("the buffer does not have one place for each slot");
    }
    std::copy(decoded.begin(), decoded.end(), values.begin());
}

} // namespace

std::unique_ptr<seal::BatchEncoder> new_batch_encoder(const seal::SEALContext &context) {
    return std::make_unique<seal::BatchEncoder>(context);
}

std::unique_ptr<seal::Plaintext> encode_unsigned(
    const seal::BatchEncoder &encoder, rust::Slice<const std::uint64_t> values) {
    return encode(encoder, values);
}

std::unique_ptr<seal::Plaintext> encode_signed(
    const seal::BatchEncoder &encoder, rust::Slice<const std::int64_t> values) {
    return encode(encoder, values);
}

void decode_unsigned(
    const seal::BatchEncoder &encoder, const seal::Plaintext &plaintext, rust::Slice<std::uint64_t> values) {
    decode(encoder, plaintext, values);
}

void decode_signed(
    const seal::BatchEncoder &encoder, const seal::Plaintext &plaintext, rust::Slice<std::int64_t> values) {
    decode(encoder, plaintext, values);
}

} // namespace seal_nn
