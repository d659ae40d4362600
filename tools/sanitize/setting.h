// What the programs here compute on: a chain of primes, keys, and what decrypts to what.
#pragma once

#include <seal/seal.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/hybrid.h"

namespace seal_nn::sanitize {

using Values = std::vector<double>;

// One line to standard error, and the end of the program: the first finding is the last.
[[noreturn]] void fail(const std::string &what);

// Fails unless `operation` throws a standard exception.
void refused(const std::string &what, const std::function<void()> &operation);

// Code paths that this build and this machine have.
std::vector<const kernels::Path *> paths();

// Helpers that are threads of their own, which come with the operation and go with it.
void on_threads(std::size_t helpers, const std::function<void()> &lead, const std::function<void()> &help);

// `specials` primes of 50 bits behind four of the chain, which are large and small ones to the kernels. Not secure.
class Setting {
  public:
    Setting(std::size_t degree, std::size_t specials);

    std::size_t degree() const { return degree_; }
    std::size_t specials() const { return specials_; }
    const seal::SEALContext &context() const { return context_; }
    const seal::SecretKey &secret() const { return generator_.secret_key(); }
    seal::KeyGenerator &generator() { return generator_; }

    static constexpr std::size_t LEVELS = 4;
    // Galois element of a rotation to the left.
    std::uint32_t element(int step) const;
    // The bytes of a key for our own key switching, behind those that are there.
    void append_key(const kernels::Context &context, std::uint32_t element, std::size_t level,
                    std::vector<std::uint8_t> &bytes) const;
    // One number a slot; `seed` tells vectors apart.
    Values values(int seed) const;
    // At a scale whose square fits the level, and leaves 24 bits where the top prime is taken off.
    seal::Plaintext encode(const Values &values, std::size_t level) const;
    seal::Ciphertext encrypt(const Values &values, std::size_t level) const;
    Values decrypt(const seal::Ciphertext &x) const;
    // Fails unless every slot is right to 0.03: what goes wrong in a key switch is wrong by far more.
    void expect(const std::string &what, const seal::Ciphertext &x, const Values &expected) const;

  private:
    const seal::SEALContext::ContextData &at(std::size_t level) const;

    std::size_t degree_, specials_;
    seal::SEALContext context_;
    seal::KeyGenerator generator_;
    mutable seal::CKKSEncoder encoder_;
    seal::Encryptor encryptor_;
    mutable seal::Decryptor decryptor_;
};

// The same on cleartext slots.
Values rotated(const Values &x, int step);
Values sum(const Values &x, const Values &y);
Values product(const Values &x, const Values &y);

} // namespace seal_nn::sanitize
