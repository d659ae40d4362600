#include "context.h"

#include <numeric>
#include <stdexcept>

namespace seal_nn::kernels {

namespace {

std::size_t checked_degree(const seal::SEALContext &context, std::size_t special_count) {
    const auto &parameters = context.key_context_data()->parms();
    const std::size_t degree = parameters.poly_modulus_degree();
    if (degree < 1024 || degree > 65536) {
        throw std::invalid_argument("the kernels take degrees from 1024 to 65536");
    }
    if (special_count == 0 || special_count >= Conversion::MOST || special_count >= parameters.coeff_modulus().size()) {
        throw std::invalid_argument("the kernels take one to seven special primes, and a data prime");
    }
    return degree;
}

std::vector<std::uint64_t> data_primes(const seal::SEALContext &context, std::size_t special_count) {
    std::vector<std::uint64_t> primes;
    for (const seal::Modulus &prime : context.key_context_data()->parms().coeff_modulus()) {
        primes.push_back(prime.value());
    }
    primes.resize(primes.size() - special_count);
    return primes;
}

} // namespace

Context::Context(const seal::SEALContext &context, std::size_t special_count, const Path &path)
    : seal_(context), path_(path), degree_(checked_degree(context, special_count)), special_count_(special_count),
      mixed_radix_(data_primes(context, special_count)), fourier_(degree_) {
    const auto &data = *context.key_context_data();
    const auto &moduli = data.parms().coeff_modulus();
    for (std::size_t i = 0; i < moduli.size(); i++) {
        values_.push_back(moduli[i].value());
        const std::uint64_t root = data.small_ntt_tables()[i].get_root();
        tables_.push_back(std::make_unique<PrimeTables>(path, degree_, moduli[i].value(), root));
    }
    std::vector<std::size_t> special;
    for (std::size_t i = data_count(); i < prime_count(); i++) {
        special.push_back(i);
    }
    special_.emplace_back(values_, special);
    for (std::size_t level = 0; level < data_count(); level++) {
        std::vector<std::size_t> both{ level };
        both.insert(both.end(), special.begin(), special.end());
        special_.emplace_back(values_, both);
        tops_.emplace_back(values_, std::vector<std::size_t>{ level });
    }
    std::vector<std::size_t> lowest;
    for (std::size_t i = 0; i < std::min(data_count(), LOWEST); i++) {
        lowest.push_back(i);
        lowest_.emplace_back(values_, lowest);
    }
    for (std::size_t first = 0; first < data_count(); first += special_count) {
        digits_.emplace_back();
        for (std::size_t count = 1; count <= std::min(special_count, data_count() - first); count++) {
            digits_.back().emplace_back(values_, first, count);
        }
    }
}

std::vector<std::size_t> Context::data_places(std::size_t level) const {
    std::vector<std::size_t> places(level + 1);
    std::iota(places.begin(), places.end(), 0);
    return places;
}

std::vector<std::size_t> Context::extended_places(std::size_t level) const {
    std::vector<std::size_t> places = data_places(level);
    for (std::size_t t = places.size(); t < extended_count(level); t++) {
        places.push_back(extended(level, t));
    }
    return places;
}

const Digit &Context::digit(std::size_t level, std::size_t j) const {
    const std::size_t first = j * special_count_;
    return digits_[j][std::min(special_count_, level + 1 - first) - 1];
}

} // namespace seal_nn::kernels
