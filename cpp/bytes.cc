#include "bytes.h"

#include <seal/util/config.h>

#include "seal-nn/src/ffi/bytes.rs.h"

namespace seal_nn {

std::uint8_t seal_version_minor() { return SEAL_VERSION_MINOR; }

rust::Vec<std::uint64_t> parameter_ids(const seal::SEALContext &context, std::size_t count) {
    rust::Vec<std::uint64_t> words;
    const auto append = [&](const seal::parms_id_type &id) {
        for (const std::uint64_t word : id) {
            words.push_back(word);
        }
    };
    for (std::size_t level = 0; level < count; level++) {
        append(at_level(context, level).parms_id());
    }
    append(context.key_parms_id());
    return words;
}

} // namespace seal_nn
