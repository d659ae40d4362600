// What key switching computes once from SEAL's context: the tables of a code path for every prime, and the constants of
// every base that it converts from.
#pragma once

#include <seal/context.h>

#include <algorithm>
#include <memory>

#include "base.h"
#include "digit.h"
#include "fourier_tables.h"
#include "mixed_radix.h"
#include "tables.h"

namespace seal_nn::kernels {

// Data primes q_0 ... q_L, then the special primes, the last ones of SEAL's key modulus. A ciphertext at level l has the
// primes q_0 ... q_l, its extended base those and the special ones. Digit j of it are the primes q_(ja) ... q_(ja+a-1),
// as far as it has them, a being the number of special primes.
class Context {
  public:
    Context(const seal::SEALContext &context, std::size_t special_count, const Path &path);

    const seal::SEALContext &seal() const { return seal_; }
    const Path &path() const { return path_; }
    std::size_t degree() const { return degree_; }
    // What SEAL knows of a level.
    const seal::SEALContext::ContextData &of_level(std::size_t level) const {
        auto data = seal_.first_context_data();
        while (data->chain_index() != level) {
            data = data->next_context_data();
        }
        return *data; // the context keeps it
    }
    // Between residue polynomials: not a power of two, so that they do not fall into the same sets of the caches.
    std::size_t stride() const { return degree_ + 136; }

    std::size_t prime_count() const { return values_.size(); }
    std::size_t special_count() const { return special_count_; }
    std::size_t data_count() const { return values_.size() - special_count_; }
    std::uint64_t value(std::size_t prime) const { return values_[prime]; }
    const Prime &prime(std::size_t prime) const { return tables_[prime]->prime(); }

    // The t-th prime of the extended base at a level, as a place among all primes.
    std::size_t extended(std::size_t level, std::size_t t) const { return t <= level ? t : data_count() + t - level - 1; }
    std::vector<std::size_t> extended_places(std::size_t level) const;
    std::vector<std::size_t> data_places(std::size_t level) const;
    std::size_t extended_count(std::size_t level) const { return level + 1 + special_count_; }
    std::size_t digit_count(std::size_t level) const { return level / special_count_ + 1; }

    const Digit &digit(std::size_t level, std::size_t j) const;
    // P, the product of the special primes, and P q_l.
    const Base &special() const { return special_[0]; }
    const Base &special_and(std::size_t level) const { return special_[level + 1]; }
    // The top prime of a level alone.
    const Base &top(std::size_t level) const { return tops_[level]; }
    // The lowest primes of a level, up to four: more than the coefficients of a plaintext fill.
    static constexpr std::size_t LOWEST = 4;
    const Base &lowest(std::size_t level) const { return lowest_[std::min(level, lowest_.size() - 1)]; }
    const FourierTables &fourier() const { return fourier_; }
    // Of the data primes.
    const MixedRadix &mixed_radix() const { return mixed_radix_; }

  private:
    seal::SEALContext seal_; // a copy shares everything
    const Path &path_;
    std::size_t degree_, special_count_;
    std::vector<std::uint64_t> values_;
    std::vector<std::unique_ptr<PrimeTables>> tables_;
    std::vector<std::vector<Digit>> digits_; // by first prime, then by number of primes less one
    std::vector<Base> special_;             // P, then P q_l by level
    std::vector<Base> tops_;                // by level
    std::vector<Base> lowest_;              // by number of primes less one
    MixedRadix mixed_radix_;
    FourierTables fourier_;
};

} // namespace seal_nn::kernels
