// Memory of SEAL's objects: a pool that survives an allocation that fails, and that can give memory back.
#pragma once

#include <cstddef>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// From now on SEAL takes memory from our pool, unless a caller asks it for a pool of its own, and memory that ends is
// sought there first (`std::set_new_handler`). Whatever can be the first use
// of SEAL calls this, because SEAL must not be in use when its pool is exchanged.
void use_our_pool();

// Frees the memory of our pool that no object uses, and returns its bytes.
std::size_t release_memory();

} // namespace seal_nn
