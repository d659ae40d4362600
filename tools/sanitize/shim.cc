#include "shim.h"

#include <cmath>
#include <string>
#include <vector>

#include "setting.h"

#include "seal-nn/src/ffi/batchencoder.rs.h"
#include "seal-nn/src/ffi/bytes.rs.h"
#include "seal-nn/src/ffi/ciphertext.rs.h"
#include "seal-nn/src/ffi/context.rs.h"
#include "seal-nn/src/ffi/decryptor.rs.h"
#include "seal-nn/src/ffi/encoder.rs.h"
#include "seal-nn/src/ffi/encryptor.rs.h"
#include "seal-nn/src/ffi/evaluator.rs.h"
#include "seal-nn/src/ffi/integerevaluator.rs.h"
#include "seal-nn/src/ffi/kernels.rs.h"
#include "seal-nn/src/ffi/keygenerator.rs.h"
#include "seal-nn/src/ffi/keys.rs.h"
#include "seal-nn/src/ffi/modulus.rs.h"
#include "seal-nn/src/ffi/plaintext.rs.h"
#include "seal-nn/src/ffi/transform.rs.h"

namespace seal_nn::sanitize {

namespace {

constexpr std::size_t DEGREE = 4096, TOP = 1;
constexpr double SCALE = 1 << 30; // SEAL's key switching is wrong by some 2^18 in the first slots

template <class T>
rust::Slice<const T> slice(const std::vector<T> &values) {
    return { values.data(), values.size() };
}

std::unique_ptr<seal::SEALContext> make_context(seal::scheme_type scheme, std::uint64_t plain_modulus, bool seeded) {
    const std::vector<std::int32_t> bits = { 36, 36, 37 };
    const auto made = create_primes(DEGREE, slice(bits));
    const std::vector<std::uint64_t> primes(made.begin(), made.end());
    const std::vector<std::uint64_t> seed(seeded ? 1 : 0, 7);
    return new_context(
        static_cast<std::uint8_t>(scheme), DEGREE, slice(primes), plain_modulus, 128, slice(seed));
}

// A loader that gets bytes and room for not one more.
template <class T>
std::unique_ptr<T> loaded(const seal::SEALContext &context, const std::vector<std::uint8_t> &bytes) {
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    for (std::size_t count : { std::size_t(0), std::size_t(15), exact.size() / 2, exact.size() - 1 }) {
        refused("a shortened object", [&] { load<T>(context, { exact.data(), count }); });
    }
    return load<T>(context, slice(exact));
}

// From the seed-compressed form, and by way of the whole one.
template <class T>
std::unique_ptr<T> twice_loaded(
    const seal::SEALContext &context, const std::unique_ptr<std::vector<std::uint8_t>> &seeded) {
    const auto expanded = loaded<T>(context, *seeded);
    std::vector<std::uint8_t> bytes(byte_count(*expanded));
    save(*expanded, { bytes.data(), bytes.size() });
    refused("room for one byte too few", [&] { save(*expanded, { bytes.data(), bytes.size() - 1 }); });
    return copy(*loaded<T>(context, bytes));
}

// Decrypts to the first numbers of `expected`.
struct Reader {
    const Encoder &encoder;
    const Decryptor &decryptor;
    void expect(const char *what, const seal::Ciphertext &x, const std::vector<double> &expected) const {
        std::vector<double> values(DEGREE / 2);
        decode_real(encoder, *decryptor.decrypt(x), { values.data(), values.size() });
        for (std::size_t i = 0; i < expected.size(); i++) {
            if (!(std::abs(values[i] - expected[i]) < 0.05)) {
                fail(std::string(what) + " through the shim: " + std::to_string(values[i]) + " in slot " +
                     std::to_string(i) + " and not " + std::to_string(expected[i]));
            }
        }
    }
};

void check_ckks(bool seeded) {
    const auto context = make_context(seal::scheme_type::ckks, 0, seeded);
    const auto generator = new_key_generator(*context);
    const auto secret = secret_key(*generator);
    const std::vector<std::int32_t> steps = { 0, 1 };
    const auto publics = twice_loaded<seal::PublicKey>(*context, seeded_public_key(*generator));
    const auto relin = twice_loaded<seal::RelinKeys>(*context, seeded_relin_keys(*generator));
    const auto galois = twice_loaded<seal::GaloisKeys>(*context, seeded_galois_keys(*generator, slice(steps)));
    prepare_permutations(*context, *galois);
    if (galois_steps(*context, *galois).size() != 1 || !has_conjugation_key(*context, *galois) ||
        galois_elements(*galois).size() != 2) {
        fail("Galois keys that are not those that were made");
    }

    const auto encoder = new_encoder(*context);
    const auto evaluator = new_evaluator(*context);
    const auto decryptor = new_decryptor(*context, *secret);
    const Reader reader = { *encoder, *decryptor };
    const std::vector<double> values = { 0.5, -1, 2, 1 };
    const auto plain = encode_real(*encoder, *context, slice(values), TOP, SCALE);
    const auto under_secret = symmetric_encryptor(*context, *secret);
    const auto under_public = public_encryptor(*context, *publics);
    const auto x = twice_loaded<seal::Ciphertext>(*context, encrypt_seeded(*under_secret, *plain));
    const auto y = encrypt(*under_public, *plain);
    reader.expect("a loaded ciphertext", *x, values);

    auto product = multiply(*evaluator, *context, *x, *y);
    relinearize_inplace(*evaluator, *product, *relin);
    reader.expect("multiply", *product, { 0.25, 1, 4, 1 });
    rescale_inplace(*evaluator, *product);
    const Product terms[] = { { *x, *y }, { *x, *x } };
    reader.expect("multiply_sum", *multiply_sum(*evaluator, *context, { terms, 2 }), { 0.5, 2, 8, 2 });
    refused("a sum of no products", [&] { multiply_sum(*evaluator, *context, { terms, 0 }); });
    reader.expect("square", *square(*evaluator, *context, *x), { 0.25, 1, 4, 1 });
    reader.expect("rotate", *rotate(*evaluator, *x, 1, *galois), { -1, 2, 1, 0 });
    reader.expect("conjugate", *conjugate(*evaluator, *x, *galois), values);
    refused("a rotation without a key", [&] { rotate(*evaluator, *x, 2, *galois); });
    auto z = copy(*x);
    add_inplace(*evaluator, *z, *y), sub_inplace(*evaluator, *z, *x), negate_inplace(*evaluator, *z);
    add_plain_inplace(*evaluator, *z, *plain), add_plain_inplace(*evaluator, *z, *plain);
    sub_plain_inplace(*evaluator, *z, *plain), add_plain_inplace(*evaluator, *z, *plain);
    reader.expect("sums", *z, values);
    refused("a difference of nothing", [&] { sub_inplace(*evaluator, *z, *copy(*z)); });
    multiply_plain_inplace(*evaluator, *z, *plain);
    reader.expect("multiply_plain", *z, { 0.25, 1, 4, 1 });
    reader.expect("drop_to", *drop_to(*context, *x, 0), values);
    auto lower = copy(*x);
    drop_to_inplace(*context, *lower, 0);
    reader.expect("drop_to_inplace", *lower, values);
    refused("a level above the chain", [&] { drop_to(*context, *x, TOP + 1); });
    reader.expect("an encryption of zero", *encrypt_zero(*under_public, *context, 0), {});
    reader.expect("an encryption of zero", *encrypt_zero_symmetric(*under_secret, *context, TOP), {});

    const std::vector<double> parts = { 1, 2, -1, 0.5 };
    const auto complex = encode_complex(*encoder, *context, slice(parts), TOP, SCALE);
    std::vector<double> back(DEGREE), small(3);
    decode_complex(*encoder, *complex, { back.data(), back.size() });
    refused("a buffer that is too small", [&] { decode_complex(*encoder, *complex, { small.data(), 3 }); });
    for (double constant : { 0.0, 1.5 }) {
        encode_constant(*encoder, *context, constant, 0, SCALE);
    }
    refused("a value that does not fit", [&] { encode_constant(*encoder, *context, 1e30, 0, SCALE); });
    const std::vector<double> many(DEGREE, 1);
    refused("more values than slots", [&] { encode_real(*encoder, *context, slice(many), TOP, SCALE); });

    // Our key switching, with helpers of rayon's.
    const auto hybrid = new_hybrid_evaluator(*context, 1, "");
    const auto of_seal = hybrid_keys_of_seal(*hybrid, *relin, *galois);
    reader.expect("switch_automorphism", *switch_automorphism(*hybrid, *x, 3, *of_seal), { -1, 2, 1, 0 });
    std::vector<std::uint8_t> bytes(switching_key_size(*hybrid, TOP));
    generate_switching_key(*hybrid, *secret, 1, TOP, new_generator(*hybrid), { bytes.data(), bytes.size() });
    const auto own = expand_hybrid_keys(*hybrid, slice(bytes));
    refused("room for one byte too few", [&] {
        generate_switching_key(*hybrid, *secret, 1, TOP, new_generator(*hybrid), { bytes.data(), bytes.size() - 1 });
    });
    std::vector<std::uint8_t> encrypted(seeded_size(*hybrid, TOP));
    const double most = std::exp2(49);
    encrypt_slots(*hybrid, *copy(*secret), slice(values), TOP, SCALE, most, { encrypted.data(), encrypted.size() });
    reader.expect("encrypt_slots", *expand_ciphertext(*hybrid, slice(encrypted)), values);
    reader.expect("encrypt_public", *encrypt_public(*hybrid, *copy(*publics), slice(values), TOP, SCALE, most), values);
    const auto made_relin = twice_loaded<seal::RelinKeys>(*context, make_seeded_relin_keys(*hybrid, *secret));
    const auto made_galois = twice_loaded<seal::GaloisKeys>(*context, make_seeded_galois_keys(*hybrid, *secret, slice(steps)));
    reader.expect("a rotation with a key of ours", *rotate(*evaluator, *x, 1, *made_galois), { -1, 2, 1, 0 });
    auto squared = multiply(*evaluator, *context, *x, *x);
    relinearize_inplace(*evaluator, *squared, *made_relin);
    reader.expect("a relinearisation with a key of ours", *squared, { 0.25, 1, 4, 1 });
    relinearize_inplace(*evaluator, *multiply(*evaluator, *context, *x, *x), *make_relin_keys(*hybrid, *secret));
    conjugate(*evaluator, *x, *make_galois_keys(*hybrid, *secret, slice(steps)));
    const auto made_public = twice_loaded<seal::PublicKey>(*context, make_seeded_public_key(*hybrid, *secret));
    reader.expect("encrypt", *encrypt(*public_encryptor(*context, *made_public), *plain), values);
    public_encryptor(*context, *make_public_key(*hybrid, *secret));
    const auto encoded = encode_slots(*hybrid, slice(values), TOP, SCALE, most);
    if (encode_slots(*hybrid, slice(values), TOP, SCALE, 1)) {
        fail("a plaintext with coefficients above the largest");
    }
    std::vector<double> slots(DEGREE / 2);
    decode_slots(*hybrid, *encoded, { slots.data(), slots.size() });
    refused("a buffer that is too small", [&] { decode_slots(*hybrid, *encoded, { slots.data(), 3 }); });
    const auto fresh = encrypt_seeded(*under_secret, *plain);
    reader.expect("expand_ciphertext", *expand_ciphertext(*hybrid, slice(*fresh)), values);
    for (std::size_t count : { std::size_t(0), std::size_t(100), fresh->size() - 1 }) {
        refused("a ciphertext that ends early", [&] { expand_ciphertext(*hybrid, { fresh->data(), count }); });
    }
    const RotatedTerm rotations[] = { { *x, 1 }, { *y, 0 } };
    reader.expect("switch_sum_rotations", *switch_sum_rotations(*hybrid, { rotations, 2 }, *of_seal), { -0.5, 1, 3, 1 });
    refused("a sum of no rotations", [&] { switch_sum_rotations(*hybrid, { rotations, 0 }, *of_seal); });
    const SwitchedProduct products[] = { { *x, *y } };
    switch_multiply(*hybrid, { products, 1 }, *own);
    refused("a sum of no products", [&] { switch_multiply(*hybrid, { products, 0 }, *own); });
    refused("a path of another name", [&] { new_hybrid_evaluator(*context, 1, "none"); });
    std::vector<std::uint64_t> residues(DEGREE, 3);
    const std::uint64_t prime = context->key_context_data()->parms().coeff_modulus()[0].value();
    for (const rust::String &path : kernel_paths()) {
        transform_on_path(path, DEGREE, prime, true, { residues.data(), DEGREE });
        transform_on_path(path, DEGREE, prime, false, { residues.data(), DEGREE });
    }
    if (!transforms_are_right(DEGREE, prime)) {
        fail("SEAL's transforms are wrong");
    }
}

void check_integers(seal::scheme_type scheme) {
    const auto context = make_context(scheme, 65537, false);
    const auto generator = new_key_generator(*context);
    const auto secret = secret_key(*generator);
    const std::vector<std::int32_t> steps = { 0, 1 };
    const auto galois = twice_loaded<seal::GaloisKeys>(*context, seeded_galois_keys(*generator, slice(steps)));
    const auto encoder = new_batch_encoder(*context);
    const auto evaluator = new_evaluator(*context);
    const auto decryptor = new_decryptor(*context, *secret);
    const std::vector<std::int64_t> values = { 1, -2, 3 };
    const auto plain = encode_signed(*encoder, slice(values));
    const auto x = twice_loaded<seal::Ciphertext>(
        *context, encrypt_seeded(*symmetric_encryptor(*context, *secret), *plain));
    std::vector<std::int64_t> decoded(DEGREE);
    const auto expect = [&](const seal::Ciphertext &found, std::int64_t first, std::int64_t second) {
        decode_signed(*encoder, *decryptor->decrypt(found), { decoded.data(), DEGREE });
        if (decoded[0] != first || decoded[1] != second) {
            fail("integers through the shim: " + std::to_string(decoded[0]) + " " + std::to_string(decoded[1]));
        }
    };
    expect(*x, 1, -2);
    expect(*rotate_rows(*evaluator, *x, 1, *galois), -2, 3);
    expect(*rotate_columns(*evaluator, *rotate_columns(*evaluator, *x, *galois), *galois), 1, -2);
    expect(*multiply_plain(*evaluator, *x, *plain), 1, 4);
    expect(*square(*evaluator, *context, *x), 1, 4);
    expect(*switch_modulus(*evaluator, *context, *x, 0), 1, -2);
    expect(*transform_back(*evaluator, *context, *transform(*evaluator, *context, *x)), 1, -2);
    if (decryptor->noise_budget(*x) <= 0) {
        fail("a fresh ciphertext without a noise budget");
    }
    std::vector<std::uint64_t> coefficients(plain->coeff_count());
    copy_coefficients(*plain, { coefficients.data(), coefficients.size() });
    plaintext_of(slice(coefficients)), plaintext_of({});
    transform_plaintext(*evaluator, *context, *plain, TOP);
    refused("a buffer that is too large",
            [&] { copy_coefficients(*plain, { coefficients.data(), coefficients.size() - 1 }); });
    const std::vector<std::int64_t> many(DEGREE + 1, 1);
    refused("more values than slots", [&] { encode_signed(*encoder, slice(many)); });
}

} // namespace

void check_shim() {
    check_ckks(false), check_ckks(true);
    check_integers(seal::scheme_type::bfv), check_integers(seal::scheme_type::bgv);
}

} // namespace seal_nn::sanitize
