#include "integerevaluator.h"

#include "seal-nn/src/ffi/integerevaluator.rs.h"

namespace seal_nn {

std::unique_ptr<seal::Ciphertext> multiply_plain(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::Plaintext &y) {
    auto product = std::make_unique<seal::Ciphertext>();
    evaluator.multiply_plain(x, y, *product);
    return product;
}

std::unique_ptr<seal::Ciphertext> switch_modulus(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                 const seal::Ciphertext &x, std::size_t level) {
    auto switched = std::make_unique<seal::Ciphertext>();
    evaluator.mod_switch_to(x, at_level(context, level).parms_id(), *switched);
    return switched;
}

std::unique_ptr<seal::Plaintext> switch_plaintext(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                  const seal::Plaintext &x, std::size_t level) {
    auto switched = copy_plaintext(x);
    evaluator.mod_switch_to_inplace(*switched, at_level(context, level).parms_id());
    return switched;
}

std::unique_ptr<seal::Ciphertext> rotate_rows(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::int32_t step, const seal::GaloisKeys &keys) {
    auto rotated = std::make_unique<seal::Ciphertext>();
    evaluator.rotate_rows(x, step, keys, *rotated);
    return rotated;
}

std::unique_ptr<seal::Ciphertext> rotate_columns(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::GaloisKeys &keys) {
    auto rotated = std::make_unique<seal::Ciphertext>();
    evaluator.rotate_columns(x, keys, *rotated);
    return rotated;
}

std::unique_ptr<seal::Ciphertext> apply_galois(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::uint32_t element, const seal::GaloisKeys &keys) {
    auto image = std::make_unique<seal::Ciphertext>();
    evaluator.apply_galois(x, element, keys, *image);
    return image;
}

std::unique_ptr<seal::Plaintext> transform_plaintext(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                                     const seal::Plaintext &x, std::size_t level) {
    auto transformed = copy_plaintext(x);
    evaluator.transform_to_ntt_inplace(*transformed, at_level(context, level).parms_id());
    return transformed;
}

std::unique_ptr<seal::Ciphertext> transform(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x) {
    auto transformed = copy(x);
    if (!keeps_transformed(context)) {
        evaluator.transform_to_ntt_inplace(*transformed);
    }
    return transformed;
}

std::unique_ptr<seal::Ciphertext> transform_back(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x) {
    auto coefficients = copy(x);
    if (!keeps_transformed(context)) {
        evaluator.transform_from_ntt_inplace(*coefficients);
    }
    return coefficients;
}

} // namespace seal_nn
