// Keys for key switching with several special primes.
//
// The key of s' encrypts P s' under s in the residues of digit j, and zero in the others, for every digit j. Cut to a
// level it has the digits and primes of that level's extended base alone, and serves that level and those below.
#pragma once

#include <seal/publickey.h>
#include <seal/secretkey.h>

#include <map>
#include <vector>

#include "context.h"
#include "sample.h"

namespace seal_nn::kernels {

// One key as it is sent, in this machine's order: element and level, of 32 bits each; for every digit the seed that the
// uniform second half is drawn from; the first halves in the residues of SEAL, [digit][prime of the extended base][N].
// The element is that of s' = s(X^element), or 1 for s^2.
constexpr std::uint32_t RELINEARISATION = 1;

// The size of one for levels up to `level`, in bytes.
std::size_t key_size(const Context &context, std::size_t level);
// Draws one into `size` bytes, each with a generator of its own.
void generate_key(const Context &context, const seal::SecretKey &secret, std::uint32_t element, std::size_t level,
                  const Generator &random, std::uint8_t *bytes, std::size_t size);

// A key of SEAL's for the same (KSwitchKeys), and the public key: as KeyGenerator makes them. Seeded ones are to be saved,
// and not to be used.
std::vector<seal::PublicKey> generate_key_of_seal(
    const Context &context, const seal::SecretKey &secret, std::uint32_t element, bool seeded);
void generate_public_key(const Context &context, const seal::SecretKey &secret, bool seeded, seal::PublicKey &key);

// One key as it is used. Those of automorphisms are moved back by it: under s(X^(1/element)) and for s, so that the
// digits of a ciphertext serve all automorphisms as they are, and the result is moved.
class SwitchingKey {
  public:
    // Expands a key of `key_size` bytes. Refuses what cannot be such a key.
    SwitchingKey(const Context &context, const std::uint8_t *bytes, std::size_t size);
    // A key of SEAL's, for one special prime.
    SwitchingKey(const Context &context, const std::vector<seal::PublicKey> &key, std::uint32_t element);

    std::size_t level() const { return level_; }
    Permutation permutation() const { return permutation_.permutation(); }
    // For the t-th prime of the extended base at a level not above its own.
    KeyRow row(const Context &context, std::size_t level, std::size_t t) const;

  private:
    // Takes the residues of half h of digit j modulo the t-th prime of the extended base.
    void lay(const Context &context, std::size_t j, std::size_t t, std::size_t h, const std::uint64_t *residues);
    void start(const Context &context);

    std::size_t level_, digits_;
    PermutationTable permutation_, inverse_;
    Doubles data_, moved_; // scratch for the permutation
};

// A relinearisation key and keys of automorphisms.
class HybridKeys {
  public:
    // The bytes of one key or several; refuses anything else.
    void add(const Context &context, const std::uint8_t *bytes, std::size_t count);
    void add_of_seal(const Context &context, const std::vector<seal::PublicKey> &key, std::uint32_t element);

    // Throws where there is none, none for the level, or where they were laid out for another code path.
    const SwitchingKey &at(const Context &context, std::uint32_t element, std::size_t level) const;
    // 0 levels where there is no such key, else one more than its level.
    std::size_t levels(std::uint32_t element) const;

  private:
    void check_path(const Context &context);

    std::map<std::uint32_t, SwitchingKey> keys_;
    const Path *path_ = nullptr;
};

} // namespace seal_nn::kernels
