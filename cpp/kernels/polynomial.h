// What an operation reads: a polynomial in transform order, one data prime at a time.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "context.h"
#include "rows.h"

namespace seal_nn::kernels {

class Polynomial {
  public:
    explicit Polynomial(const Context &context) : context_(context) {}
    virtual ~Polynomial() = default;

    // Reduced residues modulo the i-th data prime: at `room`, or where they lie already.
    virtual const double *read(std::size_t i, double *room) const = 0;
    // Their coefficients times a centred factor.
    virtual void coefficients(std::size_t i, double factor, double *to) const {
        const double *const from = read(i, to);
        context_.path().backward(context_.prime(i), from, factor, to);
    }
    // They as what is added to a result.
    virtual Addend addend(std::size_t i, double factor, double *room) const { return { nullptr, read(i, room), factor }; }

  protected:
    const Context &context_;
};

// As SEAL keeps it. These are the most, so they are converted in the pass that reads them.
class OfSeal final : public Polynomial {
  public:
    OfSeal(const Context &context, const std::uint64_t *residues) : Polynomial(context), residues_(residues) {}

    const double *read(std::size_t i, double *room) const override {
        context_.path().load(context_.prime(i), at(i), room);
        return room;
    }
    void coefficients(std::size_t i, double factor, double *to) const override {
        context_.path().backward_residues(context_.prime(i), at(i), factor, to);
    }
    Addend addend(std::size_t i, double factor, double *) const override { return { at(i), nullptr, factor }; }

  private:
    const std::uint64_t *at(std::size_t i) const { return residues_ + i * context_.degree(); }
    const std::uint64_t *residues_;
};

// A sum of products of polynomials as SEAL keeps them, and of multiples of such. It is formed when it is read, so it never
// lies in memory whole; of polynomials at higher levels it reads the residues that it needs.
class SumOfProducts : public Polynomial {
  public:
    using Polynomial::Polynomial;
    void add(const std::uint64_t *x, const std::uint64_t *y) { factors_.emplace_back(x, y); }
    // Times a number, given centred modulo each prime.
    void add(const std::uint64_t *x, const double *number) { multiples_.emplace_back(x, number); }

    const double *read(std::size_t i, double *room) const override {
        const Path &path = context_.path();
        if (factors_.empty()) {
            std::fill_n(room, context_.degree(), 0.0);
        } else {
            path.multiply_sum(context_.prime(i), factors_.size(), factors_.data(), i * context_.degree(), room);
        }
        for (const auto &[x, number] : multiples_) {
            path.add(context_.prime(i), { x + i * context_.degree(), nullptr, number[i] }, room);
        }
        return room;
    }

  private:
    std::vector<Factors> factors_;
    std::vector<std::pair<const std::uint64_t *, const double *>> multiples_;
};

// One whose coefficients are asked for before it is read: then it is kept.
class KeptSumOfProducts final : public SumOfProducts {
  public:
    KeptSumOfProducts(const Context &context, const Rows &rows) : SumOfProducts(context), rows_(rows) {}
    void coefficients(std::size_t i, double factor, double *to) const override {
        context_.path().backward(context_.prime(i), SumOfProducts::read(i, rows_[i]), factor, to);
    }
    const double *read(std::size_t i, double *) const override { return rows_[i]; }

  private:
    Rows rows_;
};

// As the kernels keep it.
class InRows final : public Polynomial {
  public:
    InRows(const Context &context, const Rows &rows) : Polynomial(context), rows_(rows) {}
    const double *read(std::size_t i, double *) const override { return rows_[i]; }

  private:
    Rows rows_;
};

} // namespace seal_nn::kernels
