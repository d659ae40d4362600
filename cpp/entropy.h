// Random numbers for secrets that are drawn outside SEAL.
#pragma once

#include <cstdint>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// Uniform words from a new generator of SEAL's default kind, which takes its seed from the operating system.
void random_words(rust::Slice<std::uint64_t> words);

} // namespace seal_nn
