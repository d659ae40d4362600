// Included before HEXL's products for AVX-512, most of whose time of compiling goes into one copy for each bound of the
// inputs: once, twice and four times the modulus. SEAL only calls the last, which holds for the others too.
#pragma once

#include "eltwise/eltwise-mult-mod-avx512.hpp"

namespace intel {
namespace hexl {

// A specialisation takes the place of what HEXL instantiates.
#define SEAL_NN_AS_FOR_FOUR(product, bound)                                                                        \
    template <>                                                                                                    \
    void product<bound>(uint64_t* result, const uint64_t* x, const uint64_t* y, uint64_t n, uint64_t modulus) {    \
        product<4>(result, x, y, n, modulus);                                                                      \
    }

SEAL_NN_AS_FOR_FOUR(EltwiseMultModAVX512Float, 1)
SEAL_NN_AS_FOR_FOUR(EltwiseMultModAVX512Float, 2)
SEAL_NN_AS_FOR_FOUR(EltwiseMultModAVX512DQInt, 1)
SEAL_NN_AS_FOR_FOUR(EltwiseMultModAVX512DQInt, 2)

#undef SEAL_NN_AS_FOR_FOUR

}  // namespace hexl
}  // namespace intel
