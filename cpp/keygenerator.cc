#include "keygenerator.h"

#include "seal-nn/src/ffi/keygenerator.rs.h"

namespace seal_nn {

std::unique_ptr<seal::KeyGenerator> new_key_generator(const seal::SEALContext &context) {
    return std::make_unique<seal::KeyGenerator>(context);
}

std::unique_ptr<seal::KeyGenerator> key_generator_from(
    const seal::SEALContext &context, const seal::SecretKey &secret_key) {
    return std::make_unique<seal::KeyGenerator>(context, secret_key);
}

std::unique_ptr<seal::SecretKey> secret_key(const seal::KeyGenerator &generator) {
    return copy(generator.secret_key());
}

std::unique_ptr<seal::PublicKey> public_key(const seal::KeyGenerator &generator) {
    auto key = std::make_unique<seal::PublicKey>();
    generator.create_public_key(*key);
    return key;
}

std::unique_ptr<Bytes> seeded_public_key(const seal::KeyGenerator &generator) {
    return seeded_bytes(generator.create_public_key());
}

std::unique_ptr<seal::RelinKeys> relin_keys(seal::KeyGenerator &generator) {
    auto keys = std::make_unique<seal::RelinKeys>();
    generator.create_relin_keys(*keys);
    return keys;
}

std::unique_ptr<Bytes> seeded_relin_keys(seal::KeyGenerator &generator) {
    return seeded_bytes(generator.create_relin_keys());
}

std::unique_ptr<seal::GaloisKeys> galois_keys(seal::KeyGenerator &generator, rust::Slice<const std::int32_t> steps) {
    auto keys = std::make_unique<seal::GaloisKeys>();
    generator.create_galois_keys(std::vector<int>(steps.begin(), steps.end()), *keys);
    return keys;
}

std::unique_ptr<Bytes> seeded_galois_keys(seal::KeyGenerator &generator, rust::Slice<const std::int32_t> steps) {
    return seeded_bytes(generator.create_galois_keys(std::vector<int>(steps.begin(), steps.end())));
}

std::unique_ptr<seal::GaloisKeys> galois_keys_of_elements(
    seal::KeyGenerator &generator, rust::Slice<const std::uint32_t> elements) {
    auto keys = std::make_unique<seal::GaloisKeys>();
    generator.create_galois_keys(std::vector<std::uint32_t>(elements.begin(), elements.end()), *keys);
    return keys;
}

std::unique_ptr<Bytes> seeded_galois_keys_of_elements(
    seal::KeyGenerator &generator, rust::Slice<const std::uint32_t> elements) {
    return seeded_bytes(
        generator.create_galois_keys(std::vector<std::uint32_t>(elements.begin(), elements.end())));
}

} // namespace seal_nn
