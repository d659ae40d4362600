#include "flood.h"

#include <seal/randomgen.h>
#include <seal/util/common.h>
#include <seal/util/ntt.h>
#include <seal/util/uintarithsmallmod.h>

#include <cmath>
#include <vector>

#include "seal-nn/src/ffi/flood.rs.h"

namespace seal_nn {

namespace {

// Cleared when it is dropped: with the noise, what it hides is known.
template <typename T>
class Cleared {
  public:
    explicit Cleared(std::size_t count) : values_(count) {}
    ~Cleared() { seal::util::seal_memzero(values_.data(), values_.size() * sizeof(T)); }
    Cleared(const Cleared &) = delete;
    Cleared &operator=(const Cleared &) = delete;
    T *data() { return values_.data(); }
    T &operator[](std::size_t i) { return values_[i]; }

  private:
    std::vector<T> values_;
};

// Two independent numbers from two uniform words (Box and Muller 1958).
void draw_normals(const std::uint64_t *words, double deviation, std::int64_t *to) {
    constexpr double two_64 = 18446744073709551616.0, turn = 6.283185307179586476925;
    const double radius = deviation * std::sqrt(-2.0 * std::log((static_cast<double>(words[0]) + 0.5) / two_64));
    const double angle = turn * (static_cast<double>(words[1]) / two_64);
    to[0] = std::llround(radius * std::cos(angle));
    to[1] = std::llround(radius * std::sin(angle));
}

} // namespace

void add_flood(const seal::SEALContext &context, double deviation, seal::Ciphertext &ciphertext) {
    const auto data = context.get_context_data(ciphertext.parms_id());
    if (!data || !ciphertext.is_ntt_form()) {
        throw std::invalid_argument("not a ciphertext of these parameters in transformed form");
    }
    const auto &primes = data->parms().coeff_modulus();
    const std::size_t n = data->parms().poly_modulus_degree();
    const auto random = context.key_context_data()->parms().random_generator()->create();
    Cleared<std::uint64_t> words(n);
    random->generate(n * sizeof(std::uint64_t), reinterpret_cast<seal::seal_byte *>(words.data()));
    Cleared<std::int64_t> noise(n);
    for (std::size_t i = 0; i < n; i += 2) {
        draw_normals(words.data() + i, deviation, noise.data() + i);
    }
    Cleared<std::uint64_t> residues(n);
    for (std::size_t j = 0; j < primes.size(); j++) {
        for (std::size_t i = 0; i < n; i++) {
            const std::int64_t e = noise[i];
            const std::uint64_t size = static_cast<std::uint64_t>(e < 0 ? -e : e);
            const std::uint64_t residue = seal::util::barrett_reduce_64(size, primes[j]);
            residues[i] = e < 0 ? seal::util::negate_uint_mod(residue, primes[j]) : residue;
        }
        seal::util::ntt_negacyclic_harvey(seal::util::CoeffIter(residues.data()), data->small_ntt_tables()[j]);
        std::uint64_t *to = ciphertext.data(0) + j * n;
        for (std::size_t i = 0; i < n; i++) {
            to[i] = seal::util::add_uint_mod(to[i], residues[i], primes[j]);
        }
    }
}

} // namespace seal_nn
