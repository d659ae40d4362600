// The path of Portable (vector.h), compiled with the compiler's own flags.
#include "path_of.h"

namespace seal_nn::kernels {

static const Path path = PathOf<Portable>::path("portable");
const Path *const portable_path = &path;

} // namespace seal_nn::kernels
