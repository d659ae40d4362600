// Objects to and from bytes, as SEAL saves them without compression.
#pragma once

#include <seal/serialization.h>

#include "ciphertext.h"
#include "context.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

// The minor version of the SEAL that is linked, which its loaders want in every header.
std::uint8_t seal_version_minor();

// Writes an object to memory of exactly its `byte_count`: a secret key leaves no copy behind.
template <class T>
void save(const T &object, rust::Slice<std::uint8_t> to) {
    object.save(reinterpret_cast<seal::seal_byte *>(to.data()), to.size(), seal::compr_mode_type::none);
}

// For bytes that src/seal/bytes has checked and stamped with `seal_version_minor`: SEAL's loaders are not safe on others.
template <class T>
std::unique_ptr<T> load(const seal::SEALContext &context, rust::Slice<const std::uint8_t> bytes) {
    auto object = std::make_unique<T>();
    object->load(context, reinterpret_cast<const seal::seal_byte *>(bytes.data()), bytes.size());
    return object;
}

} // namespace seal_nn
