#include "setting.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "kernels/profile.h"

namespace seal_nn::sanitize {

namespace {

seal::SEALContext make_context(std::size_t degree, std::size_t specials) {
    std::vector<int> bits = { 48, 36, 45, 36 };
    bits.insert(bits.end(), specials, 50);
    seal::EncryptionParameters parameters(seal::scheme_type::ckks);
    parameters.set_poly_modulus_degree(degree);
    parameters.set_coeff_modulus(seal::CoeffModulus::Create(degree, bits));
    return seal::SEALContext(parameters, true, seal::sec_level_type::none);
}

Values slot_by_slot(const Values &x, const Values &y, double (*operation)(double, double)) {
    Values result(x.size());
    for (std::size_t i = 0; i < x.size(); i++) {
        result[i] = operation(x[i], y[i]);
    }
    return result;
}

} // namespace

void fail(const std::string &what) {
    std::cerr << what << std::endl;
    std::exit(1);
}

void refused(const std::string &what, const std::function<void()> &operation) {
    try {
        operation();
    } catch (const std::exception &) {
        return;
    }
    fail(what + " was not refused");
}

std::vector<const kernels::Path *> paths() {
    std::vector<const kernels::Path *> paths = { kernels::timed(kernels::portable_path) };
#if defined(__x86_64__) || defined(__i386__)
    if (kernels::avx2_path != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        paths.push_back(kernels::timed(kernels::avx2_path));
    }
    if (kernels::avx512_path != nullptr && __builtin_cpu_supports("avx512f")) {
        paths.push_back(kernels::timed(kernels::avx512_path));
    }
#endif
    return paths;
}

void on_threads(std::size_t helpers, const std::function<void()> &lead, const std::function<void()> &help) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min<std::size_t>(helpers, 3); i++) {
        threads.emplace_back(help);
    }
    lead();
    for (std::thread &thread : threads) {
        thread.join();
    }
}

Setting::Setting(std::size_t degree, std::size_t specials)
    : degree_(degree), specials_(specials), context_(make_context(degree, specials)), generator_(context_),
      encoder_(context_), encryptor_(context_, generator_.secret_key()), decryptor_(context_, generator_.secret_key()) {
}

std::uint32_t Setting::element(int step) const {
    return step == 0 ? 1 : context_.key_context_data()->galois_tool()->get_elt_from_step(step);
}

void Setting::append_key(const kernels::Context &context, std::uint32_t element, std::size_t level,
                         std::vector<std::uint8_t> &bytes) const {
    const std::size_t start = bytes.size(), size = key_size(context, level);
    bytes.resize(start + size);
    generate_key(context, secret(), element, level, new_generator(context), bytes.data() + start, size);
}

Values Setting::values(int seed) const {
    Values values(degree_ / 2);
    for (std::size_t i = 0; i < values.size(); i++) {
        values[i] = std::sin(static_cast<double>(i) * 0.37 + seed);
    }
    return values;
}

const seal::SEALContext::ContextData &Setting::at(std::size_t level) const {
    auto data = context_.first_context_data();
    while (data->chain_index() != level) {
        data = data->next_context_data();
    }
    return *data; // the context owns it
}

seal::Plaintext Setting::encode(const Values &values, std::size_t level) const {
    const auto &data = at(level);
    const double top = static_cast<double>(data.parms().coeff_modulus().back().value());
    seal::Plaintext plain;
    encoder_.encode(values, data.parms_id(), level == 0 ? std::exp2(22) : std::sqrt(top * std::exp2(24)), plain);
    return plain;
}

seal::Ciphertext Setting::encrypt(const Values &values, std::size_t level) const {
    seal::Ciphertext x;
    encryptor_.encrypt_symmetric(encode(values, level), x);
    return x;
}

Values Setting::decrypt(const seal::Ciphertext &x) const {
    seal::Plaintext plain;
    decryptor_.decrypt(x, plain);
    Values values;
    encoder_.decode(plain, values);
    return values;
}

void Setting::expect(const std::string &what, const seal::Ciphertext &x, const Values &expected) const {
    const Values found = decrypt(x);
    for (std::size_t i = 0; i < found.size(); i++) {
        if (!(std::abs(found[i] - expected[i]) < 0.03)) {
            fail(what + ": " + std::to_string(found[i]) + " in slot " + std::to_string(i) + " and not " +
                 std::to_string(expected[i]));
        }
    }
}

Values rotated(const Values &x, int step) {
    const auto slots = static_cast<std::ptrdiff_t>(x.size());
    Values result(x.size());
    for (std::ptrdiff_t i = 0; i < slots; i++) {
        result[static_cast<std::size_t>(i)] = x[static_cast<std::size_t>((i + step + slots) % slots)];
    }
    return result;
}

Values sum(const Values &x, const Values &y) {
    return slot_by_slot(x, y, [](double a, double b) { return a + b; });
}

Values product(const Values &x, const Values &y) {
    return slot_by_slot(x, y, [](double a, double b) { return a * b; });
}

} // namespace seal_nn::sanitize
