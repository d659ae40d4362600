#include "bytes.h"

#include <seal/util/config.h>

#include "seal-nn/src/ffi/bytes.rs.h"

namespace seal_nn {

std::uint8_t seal_version_minor() { return SEAL_VERSION_MINOR; }

} // namespace seal_nn
