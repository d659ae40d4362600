// The functions that Rust calls.
#pragma once

namespace seal_nn::sanitize {

// Each of cpp/*.h on valid objects, and on what the safe layer would not let through.
void check_shim();

} // namespace seal_nn::sanitize
