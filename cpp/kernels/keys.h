// Keys for key switching with several special primes.
//
// The key of s' encrypts P s' under s in the residues of digit j, and zero in the others, for every digit j. Cut to a
// level it has the digits and primes of that level's extended base alone, and serves that level and those below.
#pragma once

#include <seal/galoiskeys.h>
#include <seal/randomgen.h>
#include <seal/relinkeys.h>
#include <seal/secretkey.h>

#include <map>
#include <memory>
#include <vector>

#include "context.h"

namespace seal_nn::kernels {

// One key as it is sent: the first halves, and the seeds that the uniform second halves are drawn from. In the residues
// of SEAL: [digit][prime of the extended base][N].
struct SeededKey {
    std::uint32_t element; // s' is s(X^element); 1 stands for s^2
    std::uint32_t level;
    std::vector<std::uint64_t> seeds; // eight words for each digit
    std::vector<std::uint64_t> first;
};

constexpr std::uint32_t RELINEARISATION = 1;

// One for each key: SEAL's next one, which in a context with a seed follows from it.
std::shared_ptr<seal::UniformRandomGenerator> new_generator(const Context &context);
SeededKey generate_key(const Context &context, const seal::SecretKey &secret, std::uint32_t element, std::size_t level,
                       const std::shared_ptr<seal::UniformRandomGenerator> &random);

// One key as it is used. Those of automorphisms are moved back by it: under s(X^(1/element)) and for s, so that the
// digits of a ciphertext serve all automorphisms as they are, and the result is moved.
class SwitchingKey {
  public:
    // Expands the seeds. Refuses what cannot be such a key.
    SwitchingKey(const Context &context, const SeededKey &key);
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

// As bytes, in this machine's order: element, level, seeds, residues.
void append_bytes(const SeededKey &key, std::vector<std::uint8_t> &bytes);

// A relinearisation key and keys of automorphisms.
class HybridKeys {
  public:
    // What `append_bytes` wrote, one key or several; refuses anything else.
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
