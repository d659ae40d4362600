// Room for objects of SEAL.
#pragma once

#include <seal/dynarray.h>

namespace seal_nn::kernels {

// Room for a result of which every number will be written: SEAL fills with zeros what it makes larger, a twentieth of the
// time of a training step.
template <class T>
void resize_unset(T &object, std::size_t count) {
    const_cast<seal::DynArray<std::uint64_t> &>(object.dyn_array()).resize(count, false);
}

} // namespace seal_nn::kernels
