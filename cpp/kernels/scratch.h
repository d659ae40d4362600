// Memory that operations reuse: once warm, none is allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "memory.h"

namespace seal_nn::kernels {

struct Scratch {
    Doubles coefficients; // of the digits, before they are extended
    Doubles digits;       // of one prime of the extended base, or of all
    Doubles sums;         // of the special primes, in coefficient form; then of the prime at hand
    Doubles quotient;     // what is subtracted in a division
    Doubles babies;       // rotations of one prime, in a linear transform
    Doubles groups;       // their sums
    Doubles written;      // of periodic plaintexts, which have each value once
};

// Scratch for as many threads as ask at once.
class ScratchPool {
  public:
    class Lease {
      public:
        explicit Lease(ScratchPool &pool) : pool_(pool), scratch_(pool.take()) {}
        ~Lease() { pool_.put(std::move(scratch_)); }
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        Scratch *operator->() { return scratch_.get(); }
        Scratch &operator*() { return *scratch_; }
        const Scratch &operator*() const { return *scratch_; }

      private:
        ScratchPool &pool_;
        std::unique_ptr<Scratch> scratch_;
    };

  private:
    std::unique_ptr<Scratch> take() {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty()) {
            // Room to put it back: returning must not fail.
            free_.reserve(++made_);
            return std::make_unique<Scratch>();
        }
        auto scratch = std::move(free_.back());
        free_.pop_back();
        return scratch;
    }
    void put(std::unique_ptr<Scratch> scratch) {
        const std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(scratch));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<Scratch>> free_;
    std::size_t made_ = 0;
};

} // namespace seal_nn::kernels
