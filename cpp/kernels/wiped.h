// For memory that is reused, of what tells of the secret key or of a decrypted value.
#pragma once

#include <seal/util/common.h>

#include <cstddef>

namespace seal_nn::kernels {

// Clears doubles when it goes.
class Wiped {
  public:
    Wiped(double *data, std::size_t count) : data_(data), count_(count) {}
    ~Wiped() { seal::util::seal_memzero(data_, count_ * sizeof *data_); }
    Wiped(const Wiped &) = delete;
    Wiped &operator=(const Wiped &) = delete;

  private:
    double *data_;
    std::size_t count_;
};

} // namespace seal_nn::kernels
