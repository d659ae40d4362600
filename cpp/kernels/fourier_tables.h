// The factors of a Fourier transform, and where it has the slots. The same for all code paths.
#pragma once

#include <vector>

#include "fourier.h"
#include "memory.h"

namespace seal_nn::kernels {

class FourierTables {
  public:
    explicit FourierTables(std::size_t degree);

    const Fourier &fourier() const { return fourier_; }
    // Of slot k, whose root is zeta^(3^k), in the transform's order.
    std::uint32_t place(std::size_t slot) const { return places_[slot]; }

  private:
    Turns turns(std::size_t size, double *&memory) const;

    Doubles memory_;
    Fourier fourier_;
    std::vector<std::uint32_t> places_;
};

} // namespace seal_nn::kernels
