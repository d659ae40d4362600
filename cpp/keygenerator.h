// KeyGenerator: draws the secret key and derives the others from it.
#pragma once

#include <seal/keygenerator.h>

#include "keys.h"

namespace seal_nn {

using Bytes = std::vector<std::uint8_t>;

std::unique_ptr<seal::KeyGenerator> new_key_generator(const seal::SEALContext &context);
std::unique_ptr<seal::KeyGenerator> key_generator_from(
    const seal::SEALContext &context, const seal::SecretKey &secret_key);

std::unique_ptr<seal::SecretKey> secret_key(const seal::KeyGenerator &generator);
std::unique_ptr<seal::PublicKey> public_key(const seal::KeyGenerator &generator);
std::unique_ptr<Bytes> seeded_public_key(const seal::KeyGenerator &generator);
std::unique_ptr<seal::RelinKeys> relin_keys(seal::KeyGenerator &generator);
std::unique_ptr<Bytes> seeded_relin_keys(seal::KeyGenerator &generator);

// Steps as SEAL counts them: 0 is the conjugation.
std::unique_ptr<seal::GaloisKeys> galois_keys(seal::KeyGenerator &generator, rust::Slice<const std::int32_t> steps);
std::unique_ptr<Bytes> seeded_galois_keys(seal::KeyGenerator &generator, rust::Slice<const std::int32_t> steps);

// Keys for the automorphisms X -> X^element.
std::unique_ptr<seal::GaloisKeys> galois_keys_of_elements(
    seal::KeyGenerator &generator, rust::Slice<const std::uint32_t> elements);
std::unique_ptr<Bytes> seeded_galois_keys_of_elements(
    seal::KeyGenerator &generator, rust::Slice<const std::uint32_t> elements);

} // namespace seal_nn
