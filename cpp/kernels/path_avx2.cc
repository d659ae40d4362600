// The path of Avx2 (vector.h), compiled with AVX2 and FMA.
#include "path_of.h"

namespace seal_nn::kernels {

#if defined(__AVX2__) && defined(__FMA__)
static const Path path = PathOf<Avx2>::path("avx2");
const Path *const avx2_path = &path;
#else
const Path *const avx2_path = nullptr;
#endif

} // namespace seal_nn::kernels
