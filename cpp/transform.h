// A trial of the transforms and products that everything rests on: with HEXL, which code runs depends on the machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exceptions.h"
#include "rust/cxx.h"

namespace seal_nn {

// Whether transform, inverse and pointwise product modulo `prime` at ring degree N give what plain arithmetic gives.
bool transforms_are_right(std::size_t degree, std::uint64_t prime);

} // namespace seal_nn
