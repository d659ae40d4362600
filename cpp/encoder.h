// CKKSEncoder: between vectors of numbers and plaintexts.
#pragma once

#include <seal/ckks.h>

#include "context.h"
#include "plaintext.h"

namespace seal_nn {

// SEAL's encode and decode are not const, but they only read the encoder and take scratch from a pool with a lock.
struct Encoder {
    explicit Encoder(const seal::SEALContext &context) : inner(context) {}
    mutable seal::CKKSEncoder inner;
};

std::unique_ptr<Encoder> new_encoder(const seal::SEALContext &context);

std::unique_ptr<seal::Plaintext> encode_real(const Encoder &encoder, const seal::SEALContext &context,
                                             rust::Slice<const double> values, std::size_t level, double scale);

// Real and imaginary parts in turn.
std::unique_ptr<seal::Plaintext> encode_complex(const Encoder &encoder, const seal::SEALContext &context,
                                                rust::Slice<const double> parts, std::size_t level, double scale);

std::unique_ptr<seal::Plaintext> encode_constant(
    const Encoder &encoder, const seal::SEALContext &context, double value, std::size_t level, double scale);

// `values` has room for every slot, `parts` for twice as many.
void decode_real(const Encoder &encoder, const seal::Plaintext &plaintext, rust::Slice<double> values);
void decode_complex(const Encoder &encoder, const seal::Plaintext &plaintext, rust::Slice<double> parts);

} // namespace seal_nn
