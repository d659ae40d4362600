// Key switching of our own (kernels/), as the safe layer calls it.
#pragma once

#include <array>

#include "ciphertext.h"
#include "context.h"
#include "kernels/switcher.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

using kernels::SwitchingKeys;
struct TransformTerm;
struct RotatedTerm;
struct SwitchedProduct;
struct PlainProduct;

// For the bridge, which knows no nested names.
struct HoistedCiphertext {
    std::unique_ptr<kernels::Switcher::Hoisted> inner;
};
struct ExtendedPlaintext {
    kernels::SpecialResidues special;
    std::array<std::uint64_t, 4> first; // residues of the plaintext: transformed, each tells of all coefficients
};

// With the path of this name, or the best that the machine has where it is empty.
struct Switcher {
    Switcher(const seal::SEALContext &context, std::size_t special_count, rust::Str path);
    kernels::Switcher inner;
};

// What threads do in an operation of the switcher.
struct KernelWork {
    const std::function<void()> &inner;
};
void run_work(const KernelWork &work);

// Names of the paths that this machine has, best first.
rust::Vec<rust::String> kernel_paths();
// Time of the kernels by stage (kernels/profile.h), of the whole process so far.
rust::Vec<std::uint64_t> kernel_nanoseconds();

// Forward or backward transform of residues modulo `prime` on a path, or SEAL's own where the name is empty.
void transform_on_path(rust::Str path, std::size_t degree, std::uint64_t prime, bool forward,
                       rust::Slice<std::uint64_t> residues);

std::unique_ptr<Switcher> new_switcher(const seal::SEALContext &context, std::size_t special_count, rust::Str path);
rust::String path_of(const Switcher &switcher);

// Seeded keys for levels up to `level`: of a rotation, or of relinearisation where the step is 0.
std::unique_ptr<std::vector<std::uint8_t>> generate_switching_key(
    const Switcher &switcher, const seal::SecretKey &secret, std::int32_t step, std::size_t level,
    const std::shared_ptr<seal::UniformRandomGenerator> &random);
// The randomness of one key.
std::shared_ptr<seal::UniformRandomGenerator> new_generator(const Switcher &switcher);
// From the bytes of any number of them.
std::unique_ptr<SwitchingKeys> expand_switching_keys(const Switcher &switcher, rust::Slice<const std::uint8_t> bytes);
// From SEAL's own keys, where there is one special prime.
std::unique_ptr<SwitchingKeys> switching_keys_of_seal(
    const Switcher &switcher, const seal::RelinKeys &relin, const seal::GaloisKeys &galois);
// Levels that a key serves; 0 where there is none. Step 0 is relinearisation.
std::size_t switching_key_levels(const Switcher &switcher, const SwitchingKeys &keys, std::int32_t step);
// The rotations for which there is a key.
rust::Vec<std::int32_t> switching_key_steps(const Switcher &switcher, const SwitchingKeys &keys);

std::unique_ptr<seal::Ciphertext> expand_ciphertext(const Switcher &switcher, rust::Slice<const std::uint8_t> bytes);
std::unique_ptr<seal::Ciphertext> switch_rotate(
    const Switcher &switcher, const seal::Ciphertext &x, std::int32_t step, const SwitchingKeys &keys);
// Refers to `x`, which must outlive it.
std::unique_ptr<HoistedCiphertext> hoist(const Switcher &switcher, const seal::Ciphertext &x);
std::unique_ptr<seal::Ciphertext> rotate_hoisted(
    const Switcher &switcher, const HoistedCiphertext &x, std::int32_t step, const SwitchingKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_relinearize(
    const Switcher &switcher, const seal::Ciphertext &x, const SwitchingKeys &keys, bool rescale);
std::unique_ptr<seal::Ciphertext> switch_add_rotations(const Switcher &switcher, const seal::Ciphertext &x,
                                                       rust::Slice<const std::int32_t> steps,
                                                       const SwitchingKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_sum_rotations(
    const Switcher &switcher, rust::Slice<const RotatedTerm> terms, const SwitchingKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_multiply(
    const Switcher &switcher, rust::Slice<const SwitchedProduct> terms, const SwitchingKeys &keys);
std::unique_ptr<seal::Ciphertext> multiply_plain_rescale(
    const Switcher &switcher, rust::Slice<const PlainProduct> terms);
std::unique_ptr<seal::Ciphertext> divide_by_top(const Switcher &switcher, const seal::Ciphertext &x);
std::unique_ptr<seal::Plaintext> encode_cosines(
    const Switcher &switcher, rust::Slice<const double> half, std::size_t level, double scale);
// Whether it was made from this plaintext, at whatever level.
bool is_extended(const ExtendedPlaintext &extended, const seal::Plaintext &plaintext);
std::unique_ptr<ExtendedPlaintext> extend_plaintext(const Switcher &switcher, const seal::Plaintext &plaintext);
std::unique_ptr<seal::Ciphertext> switch_transform(const Switcher &switcher, const seal::Ciphertext &x,
                                                   rust::Slice<const TransformTerm> terms, const SwitchingKeys &keys,
                                                   bool rescale);

} // namespace seal_nn
