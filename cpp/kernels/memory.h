// Aligned arrays of doubles, on large pages where the system has them: keys and scratch are streamed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace seal_nn::kernels {

class Doubles {
  public:
    Doubles() = default;
    explicit Doubles(std::size_t count) : data_(allocate(count)), count_(count) {}
    Doubles(Doubles &&other) noexcept
        : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    Doubles &operator=(Doubles &&other) noexcept {
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~Doubles() { std::free(data_); }

    double *data() { return data_; }
    const double *data() const { return data_; }
    std::size_t size() const { return count_; }

    // At least so many; what was there is lost when it has to grow.
    double *at_least(std::size_t count) {
        if (count_ < count) {
            *this = Doubles(); // first, so that both are never there at once
            *this = Doubles(count);
        }
        return data_;
    }

  private:
    static double *allocate(std::size_t count) {
        constexpr std::size_t line = 64, large_page = std::size_t(2) << 20;
        const std::size_t bytes = count * sizeof(double), alignment = bytes < large_page ? line : large_page;
        void *memory = nullptr;
        while ((memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment)) == nullptr) {
            const std::new_handler make_room = std::get_new_handler(); // as `new` does it
            if (make_room == nullptr) {
                throw std::bad_alloc();
            }
            make_room();
        }
#ifdef __linux__
        if (alignment == large_page) {
            madvise(memory, bytes, MADV_HUGEPAGE); // a hint: where it fails, small pages serve
        }
#endif
        return static_cast<double *>(memory);
    }

    double *data_ = nullptr;
    std::size_t count_ = 0;
};

} // namespace seal_nn::kernels
