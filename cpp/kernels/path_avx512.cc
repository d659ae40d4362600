// The path of Avx512 (vector.h), compiled with AVX-512.
#include "path_of.h"

namespace seal_nn::kernels {

#if defined(__AVX512F__)
static const Path path = PathOf<Avx512>::path("avx512");
const Path *const avx512_path = &path;
#else
const Path *const avx512_path = nullptr;
#endif

} // namespace seal_nn::kernels
