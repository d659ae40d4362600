// Key switching of our own (kernels/), as the safe layer calls it.
#pragma once

#include <array>

#include "ciphertext.h"
#include "context.h"
#include "kernels/hybrid.h"
#include "keys.h"
#include "plaintext.h"

namespace seal_nn {

using kernels::HybridKeys;
using kernels::PeriodicPlaintext;
using kernels::RaisingKeys;
struct TransformTerm;
struct GiantSteps;
struct PeriodicTransformTerm;
struct RotatedTerm;
struct SwitchedProduct;
struct PlainProduct;
struct WeightedTerm;

// For the bridge, which knows no nested names.
struct HoistedCiphertext {
    std::unique_ptr<kernels::HybridEvaluator::Hoisted> inner;
};
struct WeightedSums {
    kernels::HybridEvaluator::Ciphertexts inner;
};
struct ExtendedPlaintext {
    kernels::SpecialResidues special;
    std::array<std::uint64_t, 4> first; // residues of the plaintext: transformed, each tells of all coefficients
};

// With the path of this name, or the best that the machine has where it is empty.
struct HybridEvaluator {
    HybridEvaluator(const seal::SEALContext &context, std::size_t special_count, rust::Str path);
    kernels::HybridEvaluator inner;
};

// What threads do in an operation of the hybrid.
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

std::unique_ptr<HybridEvaluator> new_hybrid_evaluator(const seal::SEALContext &context, std::size_t special_count, rust::Str path);
rust::String path_of(const HybridEvaluator &hybrid);

// A seeded key for levels up to `level`, in `switching_key_size` bytes: of an automorphism, or of relinearisation where
// the element is 1.
std::size_t switching_key_size(const HybridEvaluator &hybrid, std::size_t level);
void generate_switching_key(const HybridEvaluator &hybrid, const seal::SecretKey &secret, std::uint32_t element,
                            std::size_t level, const std::shared_ptr<seal::UniformRandomGenerator> &random,
                            rust::Slice<std::uint8_t> to);
// The randomness of one key.
std::shared_ptr<seal::UniformRandomGenerator> new_generator(const HybridEvaluator &hybrid);
// SEAL's keys, as its KeyGenerator makes them; of steps as SEAL counts them: 0 is the conjugation.
std::unique_ptr<seal::PublicKey> make_public_key(const HybridEvaluator &hybrid, const seal::SecretKey &secret);
std::unique_ptr<std::vector<std::uint8_t>> make_seeded_public_key(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret);
std::unique_ptr<seal::RelinKeys> make_relin_keys(const HybridEvaluator &hybrid, const seal::SecretKey &secret);
std::unique_ptr<std::vector<std::uint8_t>> make_seeded_relin_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret);
std::unique_ptr<seal::GaloisKeys> make_galois_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const std::int32_t> steps);
std::unique_ptr<std::vector<std::uint8_t>> make_seeded_galois_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const std::int32_t> steps);
// From the bytes of any number of them.
std::unique_ptr<HybridKeys> expand_hybrid_keys(const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes);
void add_hybrid_keys(HybridKeys &keys, const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes);
// From SEAL's own keys, where there is one special prime.
std::unique_ptr<HybridKeys> hybrid_keys_of_seal(
    const HybridEvaluator &hybrid, const seal::RelinKeys &relin, const seal::GaloisKeys &galois);
// Levels that the key of an automorphism serves; 0 where there is none. Element 1 is relinearisation.
std::size_t hybrid_key_levels(const HybridKeys &keys, std::uint32_t element);
// The rotations for which there is a key.
rust::Vec<std::int32_t> hybrid_key_steps(const HybridEvaluator &hybrid, const HybridKeys &keys);

// Keys of raising from level 0 to the top of the tall context: to an ephemeral secret with `weight` coefficients that are
// not 0, in the small context, and from it, for all subsets of the automorphisms `factors` (kernels/raise.h).
std::size_t raising_keys_size(const HybridEvaluator &tall, const HybridEvaluator &small, std::size_t elements);
void generate_raising_keys(const HybridEvaluator &tall, const HybridEvaluator &small, const seal::SecretKey &secret,
                           std::size_t weight, rust::Slice<const std::uint32_t> factors, rust::Slice<std::uint8_t> to);
std::unique_ptr<RaisingKeys> expand_raising_keys(const HybridEvaluator &tall, const HybridEvaluator &small,
                                                 rust::Slice<const std::uint32_t> factors,
                                                 rust::Slice<const std::uint8_t> bytes);
std::unique_ptr<seal::Ciphertext> raise(const HybridEvaluator &tall, const HybridEvaluator &small,
                                        const seal::Ciphertext &x, const RaisingKeys &keys);

std::unique_ptr<seal::Ciphertext> expand_ciphertext(const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes);
std::unique_ptr<seal::Ciphertext> switch_automorphism(
    const HybridEvaluator &hybrid, const seal::Ciphertext &x, std::uint32_t element, const HybridKeys &keys);
// Refers to `x`, which must outlive it.
std::unique_ptr<HoistedCiphertext> hoist(const HybridEvaluator &hybrid, const seal::Ciphertext &x);
std::unique_ptr<seal::Ciphertext> rotate_hoisted(
    const HybridEvaluator &hybrid, const HoistedCiphertext &x, std::int32_t step, const HybridKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_relinearize(
    const HybridEvaluator &hybrid, const seal::Ciphertext &x, const HybridKeys &keys, bool rescale);
std::unique_ptr<seal::Ciphertext> switch_add_rotations(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                       rust::Slice<const std::int32_t> steps,
                                                       const HybridKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_sum_rotations(
    const HybridEvaluator &hybrid, rust::Slice<const RotatedTerm> terms, const HybridKeys &keys);
std::unique_ptr<seal::Ciphertext> switch_multiply(
    const HybridEvaluator &hybrid, rust::Slice<const SwitchedProduct> terms, const HybridKeys &keys);
std::unique_ptr<seal::Ciphertext> multiply_plain_rescale(
    const HybridEvaluator &hybrid, rust::Slice<const PlainProduct> terms);
// Products, and multiples by the kernels' order of scalars, plus a constant whose residues below the top prime stand behind
// them, rescaled (kernels/hybrid.h).
std::unique_ptr<seal::Ciphertext> combine(
    const HybridEvaluator &hybrid, rust::Slice<const SwitchedProduct> products, rust::Slice<const WeightedTerm> multiples,
    rust::Slice<const double> scalars, std::size_t level, double scale, const HybridKeys &keys);
// Sums of ciphertexts times integers, by the kernels' order of scalars, at a scale.
std::unique_ptr<WeightedSums> weigh(const HybridEvaluator &hybrid, rust::Slice<const WeightedTerm> terms,
                                    rust::Slice<const double> scalars, std::size_t sums, double scale);
// The next of them, first to last.
std::unique_ptr<seal::Ciphertext> next_sum(WeightedSums &sums);
std::unique_ptr<seal::Ciphertext> divide_by_top(const HybridEvaluator &hybrid, const seal::Ciphertext &x);
// Null, and false, where a coefficient is above `most`, which is below 2^50.
std::unique_ptr<seal::Plaintext> encode_slots(
    const HybridEvaluator &hybrid, rust::Slice<const double> values, std::size_t level, double scale, double most);
std::unique_ptr<seal::Ciphertext> encrypt_public(
    const HybridEvaluator &hybrid, const seal::PublicKey &key, rust::Slice<const double> values, std::size_t level,
    double scale, double most);
// The bytes of the seeded form, `seeded_size` of them.
bool encrypt_slots(const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const double> values,
                   std::size_t level, double scale, double most, rust::Slice<std::uint8_t> to);
std::size_t seeded_size(const HybridEvaluator &hybrid, std::size_t level);
// `values` has room for every slot.
void decode_slots(const HybridEvaluator &hybrid, const seal::Plaintext &plaintext, rust::Slice<double> values);
// Whether it was made from this plaintext, at whatever level.
bool is_extended(const ExtendedPlaintext &extended, const seal::Plaintext &plaintext);
std::unique_ptr<ExtendedPlaintext> extend_plaintext(const HybridEvaluator &hybrid, const seal::Plaintext &plaintext);
std::unique_ptr<seal::Ciphertext> switch_transform(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                   rust::Slice<const TransformTerm> terms, const HybridKeys &keys,
                                                   bool rescale);
// Slots that repeat, given by real and imaginary parts in turn (kernels/periodic.h), and sums with them; plus an
// automorphism of the sum where `also` is not 1.
std::unique_ptr<PeriodicPlaintext> encode_periodic(
    const HybridEvaluator &hybrid, rust::Slice<const double> parts, std::size_t level, double scale);
std::unique_ptr<seal::Ciphertext> switch_transform_periodic(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                            rust::Slice<const PeriodicTransformTerm> terms,
                                                            GiantSteps steps, const HybridKeys &keys, bool rescale,
                                                            std::uint32_t also);

} // namespace seal_nn
