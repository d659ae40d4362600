// Faults on purpose, each within the library: the silence of the other programs means something only where these are
// reported. Argument: which one.
#include <string>
#include <thread>
#include <vector>

#include "setting.h"

#include "seal-nn/src/ffi/kernels.rs.h"

namespace {

using namespace seal_nn;
using namespace seal_nn::sanitize;

constexpr std::size_t DEGREE = 1024;
constexpr std::uint64_t PRIME = 0x1fffffff9001; // 1 modulo 2 DEGREE

void transform(std::uint64_t *residues) {
    transform_on_path("portable", DEGREE, PRIME, true, { residues, DEGREE });
}

// One residue fewer than the transform is told of.
void overflow() {
    std::vector<std::uint64_t> residues(DEGREE - 1, 3);
    transform(residues.data());
}

// Residues that begin at an odd address.
void misaligned() {
    std::vector<std::uint8_t> bytes((DEGREE + 1) * sizeof(std::uint64_t));
    transform(reinterpret_cast<std::uint64_t *>(bytes.data() + 1));
}

// Two threads that change one ciphertext.
void race() {
    Setting setting(DEGREE, 1);
    const seal::Evaluator evaluator(setting.context());
    seal::Ciphertext x = setting.encrypt(setting.values(1), 0);
    const auto negate = [&] { evaluator.negate_inplace(x); };
    std::thread other(negate);
    negate();
    other.join();
}

} // namespace

int main(int, char **arguments) try {
    const std::string fault = arguments[1];
    fault == "overflow" ? overflow() : fault == "misaligned" ? misaligned() : race();
} catch (const std::exception &e) {
    fail(e.what());
}
