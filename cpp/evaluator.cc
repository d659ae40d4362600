#include "evaluator.h"

#include <algorithm>
#include <stdexcept>

#include "seal-nn/src/ffi/evaluator.rs.h"

namespace seal_nn {

namespace {

[[noreturn]] void refuse_transparent() { throw std::logic_error("result ciphertext is transparent"); }

// SEAL looks for a transparent sum after it has overwritten x. Sums are exact, so the inverse brings x back.
template <class Operation, class Inverse>
void with_undo(seal::Ciphertext &x, Operation operation, Inverse inverse) {
    const std::size_t size = x.size();
    try {
        operation();
    } catch (const std::logic_error &) {
        if (x.is_transparent()) {
            inverse();
            x.resize(size);
        }
        throw;
    }
}

// Components after the first vanish modulo a prime only where x or y does: this stops at the first place where neither
// does, as a rule the first of all.
bool product_is_transparent(const seal::Ciphertext &x, const seal::Plaintext &y) {
    const std::size_t length = y.coeff_count();
    for (std::size_t component = 1; component < x.size(); component++) {
        const auto *coefficients = x.data(component);
        for (std::size_t i = 0; i < length; i++) {
            if (coefficients[i] != 0 && y.data()[i] != 0) {
                return false;
            }
        }
    }
    return true;
}

// SEAL copies a factor to where the product goes and then makes it larger: with room from the start it need not move.
std::unique_ptr<seal::Ciphertext> room_for_product(const seal::SEALContext &context, const seal::Ciphertext &factor) {
    return std::make_unique<seal::Ciphertext>(context, factor.parms_id(), 3);
}

} // namespace

std::unique_ptr<seal::Evaluator> new_evaluator(const seal::SEALContext &context) {
    return std::make_unique<seal::Evaluator>(context);
}

void add_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Ciphertext &y) {
    with_undo(x, [&] { evaluator.add_inplace(x, y); }, [&] { evaluator.sub_inplace(x, y); });
}

void sub_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Ciphertext &y) {
    with_undo(x, [&] { evaluator.sub_inplace(x, y); }, [&] { evaluator.add_inplace(x, y); });
}

void negate_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x) { evaluator.negate_inplace(x); }

void add_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y) {
    evaluator.add_plain_inplace(x, y);
}

void sub_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y) {
    evaluator.sub_plain_inplace(x, y);
}

void multiply_plain_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::Plaintext &y) {
    if (product_is_transparent(x, y)) {
        refuse_transparent();
    }
    evaluator.multiply_plain_inplace(x, y);
}

std::unique_ptr<seal::Ciphertext> multiply(const seal::Evaluator &evaluator, const seal::SEALContext &context,
                                           const seal::Ciphertext &x, const seal::Ciphertext &y) {
    auto product = room_for_product(context, x);
    evaluator.multiply(x, y, *product);
    return product;
}

std::unique_ptr<seal::Ciphertext> square(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, const seal::Ciphertext &x) {
    auto product = room_for_product(context, x);
    evaluator.square(x, *product);
    return product;
}

std::unique_ptr<seal::Ciphertext> multiply_sum(
    const seal::Evaluator &evaluator, const seal::SEALContext &context, rust::Slice<const Product> products) {
    const auto multiply_into = [&](const Product &factors, seal::Ciphertext &product) {
        if (&factors.x == &factors.y) {
            evaluator.square(factors.x, product);
        } else {
            evaluator.multiply(factors.x, factors.y, product);
        }
    };
    const Product &first = products.at(0);
    auto sum = room_for_product(context, first.x);
    multiply_into(first, *sum);
    const auto product = room_for_product(context, first.x);
    for (std::size_t i = 1; i < products.size(); i++) {
        multiply_into(products[i], *product);
        evaluator.add_inplace(*sum, *product);
    }
    return sum;
}

void relinearize_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x, const seal::RelinKeys &keys) {
    evaluator.relinearize_inplace(x, keys);
}

void rescale_inplace(const seal::Evaluator &evaluator, seal::Ciphertext &x) { evaluator.rescale_to_next_inplace(x); }

std::unique_ptr<seal::Ciphertext> drop_to(
    const seal::SEALContext &context, const seal::Ciphertext &x, std::size_t level) {
    const auto &target = at_level(context, level);
    const std::size_t length = x.poly_modulus_degree() * target.parms().coeff_modulus().size();
    auto dropped = std::make_unique<seal::Ciphertext>();
    dropped->resize(context, target.parms_id(), x.size());
    dropped->is_ntt_form() = x.is_ntt_form();
    dropped->scale() = x.scale();
    for (std::size_t component = 0; component < x.size(); component++) {
        std::copy_n(x.data(component), length, dropped->data(component));
    }
    if (dropped->is_transparent()) {
        refuse_transparent();
    }
    return dropped;
}

void drop_to_inplace(const seal::SEALContext &context, seal::Ciphertext &x, std::size_t level) {
    const auto &target = at_level(context, level);
    const std::size_t length = x.poly_modulus_degree() * target.parms().coeff_modulus().size();
    bool transparent = true;
    for (std::size_t component = 1; transparent && component < x.size(); component++) {
        const auto *kept = x.data(component);
        transparent = std::all_of(kept, kept + length, [](std::uint64_t coefficient) { return coefficient == 0; });
    }
    if (transparent) {
        refuse_transparent();
    }
    // The primes that stay are the first of each component: move the components together, then cut.
    for (std::size_t component = 1; component < x.size(); component++) {
        std::copy_n(x.data(component), length, x.data() + component * length);
    }
    x.resize(context, target.parms_id(), x.size());
}

std::unique_ptr<seal::Ciphertext> rotate(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, std::int32_t step, const seal::GaloisKeys &keys) {
    auto rotated = std::make_unique<seal::Ciphertext>();
    evaluator.rotate_vector(x, step, keys, *rotated);
    return rotated;
}

std::unique_ptr<seal::Ciphertext> conjugate(
    const seal::Evaluator &evaluator, const seal::Ciphertext &x, const seal::GaloisKeys &keys) {
    auto conjugated = std::make_unique<seal::Ciphertext>();
    evaluator.complex_conjugate(x, keys, *conjugated);
    return conjugated;
}

} // namespace seal_nn
