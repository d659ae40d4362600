// What plaintexts, ciphertexts and keys have in common: copies, sizes, seeded forms.
#pragma once

#include <seal/context.h>
#include <seal/serializable.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

template <class T>
std::unique_ptr<T> copy(const T &object) {
    return std::make_unique<T>(object);
}

template <class T>
std::size_t byte_count(const T &object) {
    return static_cast<std::size_t>(object.save_size(seal::compr_mode_type::none));
}

// The seed-compressed form of an object exists as bytes only; `object` is a seal::Serializable, or what it contains.
template <class T>
std::unique_ptr<std::vector<std::uint8_t>> seeded_bytes(const T &object) {
    auto bytes = std::make_unique<std::vector<std::uint8_t>>(byte_count(object));
    const auto written = object.save(
        reinterpret_cast<seal::seal_byte *>(bytes->data()), bytes->size(), seal::compr_mode_type::none);
    bytes->resize(static_cast<std::size_t>(written));
    return bytes;
}

} // namespace seal_nn
