// BatchEncoder: between vectors of integers and plaintexts of BFV and BGV.
#pragma once

#include <seal/batchencoder.h>

#include "context.h"
#include "plaintext.h"

namespace seal_nn {

std::unique_ptr<seal::BatchEncoder> new_batch_encoder(const seal::SEALContext &context);

// The values are below the plain modulus, which SEAL does not look at.
std::unique_ptr<seal::Plaintext> encode_unsigned(
    const seal::BatchEncoder &encoder, rust::Slice<const std::uint64_t> values);
std::unique_ptr<seal::Plaintext> encode_signed(
    const seal::BatchEncoder &encoder, rust::Slice<const std::int64_t> values);

// `values` has room for every slot.
void decode_unsigned(
    const seal::BatchEncoder &encoder, const seal::Plaintext &plaintext, rust::Slice<std::uint64_t> values);
void decode_signed(
    const seal::BatchEncoder &encoder, const seal::Plaintext &plaintext, rust::Slice<std::int64_t> values);

} // namespace seal_nn
