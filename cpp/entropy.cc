#include "entropy.h"

#include <seal/randomgen.h>

#include "seal-nn/src/ffi/entropy.rs.h"

namespace seal_nn {

void random_words(rust::Slice<std::uint64_t> words) {
    const auto generator = seal::UniformRandomGeneratorFactory::DefaultFactory()->create();
    generator->generate(words.size() * sizeof(std::uint64_t), reinterpret_cast<seal::seal_byte *>(words.data()));
}

} // namespace seal_nn
