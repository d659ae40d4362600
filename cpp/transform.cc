#include "transform.h"

#include <seal/util/ntt.h>
#include <seal/util/polyarithsmallmod.h>

#include <vector>

#include "pool.h"
#include "seal-nn/src/ffi/transform.rs.h"

namespace seal_nn {

namespace {

using Polynomial = std::vector<std::uint64_t>;

__extension__ typedef unsigned __int128 Wide;

std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t prime) {
    return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % prime);
}

std::uint64_t power(std::uint64_t base, std::size_t exponent, std::uint64_t prime) {
    std::uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1, base = multiply(base, base, prime)) {
        if (exponent & 1) {
            result = multiply(result, base, prime);
        }
    }
    return result;
}

std::uint64_t value_at(const Polynomial &polynomial, std::uint64_t point, std::uint64_t prime) {
    std::uint64_t sum = 0;
    for (std::size_t i = polynomial.size(); i-- != 0;) {
        sum = static_cast<std::uint64_t>((static_cast<Wide>(multiply(sum, point, prime)) + polynomial[i]) % prime);
    }
    return sum;
}

} // namespace

bool transforms_are_right(std::size_t degree, std::uint64_t prime) {
    use_our_pool();
    const int log_degree = seal::util::get_power_of_two(degree);
    const seal::Modulus modulus(prime);
    const seal::util::NTTTables tables(log_degree, modulus);

    Polynomial coefficients(degree);
    for (std::size_t i = 0; i < degree; i++) { // any numbers that fill the whole range
        coefficients[i] = multiply(i + 1, 0x9E3779B97F4A7C15, prime);
    }
    Polynomial values = coefficients;
    seal::util::ntt_negacyclic_harvey(seal::util::CoeffIter(values.data()), tables);

    // By definition value i is the polynomial at psi^(2 j + 1), j being i with its bits reversed.
    const std::size_t stride = degree / 32 + 1;
    for (std::size_t i = 0; i < degree; i += stride) {
        const std::size_t exponent = 2 * seal::util::reverse_bits(static_cast<std::uint64_t>(i), log_degree) + 1;
        if (values[i] != value_at(coefficients, power(tables.get_root(), exponent, prime), prime)) {
            return false;
        }
    }

    Polynomial products(degree);
    seal::util::dyadic_product_coeffmod(
        seal::util::ConstCoeffIter(values.data()), seal::util::ConstCoeffIter(coefficients.data()), degree, modulus,
        seal::util::CoeffIter(products.data()));
    for (std::size_t i = 0; i < degree; i++) {
        if (products[i] != multiply(values[i], coefficients[i], prime)) {
            return false;
        }
    }

    seal::util::inverse_ntt_negacyclic_harvey(seal::util::CoeffIter(values.data()), tables);
    return values == coefficients;
}

} // namespace seal_nn
