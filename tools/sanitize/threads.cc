// A program for ThreadSanitizer: what src/ffi/ calls Sync is shared by threads here, and an operation by helpers.
// Rust's threads are not seen by the sanitizer, so they are C++'s.
#include <atomic>
#include <cmath>
#include <exception>
#include <iostream>
#include <mutex>
#include <thread>

#include "operations.h"

#include "seal-nn/src/ffi/decryptor.rs.h"
#include "seal-nn/src/ffi/encoder.rs.h"
#include "seal-nn/src/ffi/encryptor.rs.h"
#include "seal-nn/src/ffi/evaluator.rs.h"
#include "seal-nn/src/ffi/keygenerator.rs.h"
#include "seal-nn/src/ffi/keys.rs.h"

namespace {

using namespace seal_nn;
using namespace seal_nn::sanitize;

constexpr std::size_t THREADS = 4, ROUNDS = 3;

// All start together.
void at_once(const std::function<void(std::size_t)> &work) {
    std::atomic<std::size_t> waiting{ THREADS };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < THREADS; i++) {
        threads.emplace_back([&, i] {
            for (waiting--; waiting != 0;) {
                std::this_thread::yield();
            }
            for (std::size_t round = 0; round < ROUNDS; round++) {
                try {
                    work(i);
                } catch (const std::exception &e) {
                    fail(e.what());
                }
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

// One hybrid, its keys, and a hoisted ciphertext; each operation has helpers of its own.
void share_switcher(const kernels::Path &path) {
    Setting setting(1024, 2);
    const kernels::HybridEvaluator hybrid(setting.context(), setting.specials(), path, on_threads);
    const std::size_t level = Setting::LEVELS - 1;
    std::vector<std::uint8_t> bytes;
    setting.append_key(hybrid.context(), kernels::RELINEARISATION, level, bytes);
    for (int step : steps(setting)) {
        setting.append_key(hybrid.context(), setting.element(step), level, bytes);
    }
    kernels::HybridKeys keys;
    keys.add(hybrid.context(), bytes.data(), bytes.size());
    const Inputs inputs(setting, level);
    const auto hoisted = hybrid.hoist(inputs.x);
    std::mutex decrypting; // SEAL's decryptor is not to be shared
    at_once([&](std::size_t i) {
        seal::Ciphertext rotated_once, product;
        const int step = i % 2 == 0 ? 1 : -3;
        hybrid.rotate(*hoisted, setting.element(step), keys, rotated_once);
        const kernels::SpecialResidues special = hybrid.extend(inputs.plain);
        const std::vector<kernels::Term> terms = { { setting.element(32), setting.element(1), &inputs.plain, &special },
                                                   { 1, 1, &inputs.plain, &special } };
        seal::Ciphertext transformed, added;
        hybrid.transform(inputs.x, terms, keys, true, transformed);
        hybrid.add_rotations(inputs.x, { setting.element(1), setting.element(2) }, keys, added);
        hybrid.multiply(kernels::HybridEvaluator::Products{ { &inputs.x, &inputs.y } }, keys, product);
        check_client(setting, hybrid, level, inputs);
        const std::lock_guard<std::mutex> lock(decrypting);
        setting.expect("a shared hoisted ciphertext", rotated_once, rotated(inputs.a, step));
        setting.expect("a shared hybrid", product, sanitize::product(inputs.a, inputs.b));
    });
}

// A task that throws does so for the leader, whoever ran it.
void throw_in_a_team() {
    for (int round = 0; round < 100; round++) {
        std::atomic<int> ran{ 0 };
        refused("a task that throws", [&] {
            kernels::Team::work(on_threads, 3, [&](kernels::Team &team) {
                team.each(64, [&](std::size_t i) {
                    ran++;
                    if (i % 7 == 3) {
                        throw std::runtime_error("as it should");
                    }
                });
            });
        });
        if (ran != 64) {
            fail("a stage that ended early");
        }
    }
}

// One context, encoder, encryptor, evaluator, decryptor and set of keys, as the bridges hand them out.
void share_seal(bool seeded) {
    constexpr std::size_t degree = 4096;
    const auto primes = seal::CoeffModulus::Create(degree, { 36, 36, 37 });
    const std::vector<std::uint64_t> values = { primes[0].value(), primes[1].value(), primes[2].value() };
    const std::vector<std::uint64_t> seed(seeded ? 1 : 0, 7);
    const auto context = new_context(static_cast<std::uint8_t>(seal::scheme_type::ckks), degree,
                                     { values.data(), values.size() }, 0, 128, { seed.data(), seed.size() });
    const auto generator = new_key_generator(*context);
    const auto secret = secret_key(*generator);
    const auto publics = public_key(*generator);
    const auto relin = relin_keys(*generator);
    const std::vector<std::int32_t> steps = { 0, 1, 2 };
    const auto galois = galois_keys(*generator, { steps.data(), steps.size() });
    prepare_permutations(*context, *galois);
    const auto encoder = new_encoder(*context);
    const auto evaluator = new_evaluator(*context);
    const auto decryptor = new_decryptor(*context, *secret);
    const auto under_secret = symmetric_encryptor(*context, *secret);
    const auto under_public = public_encryptor(*context, *publics);
    const std::vector<double> numbers = { 1, 2, 3 };
    const auto shared_plain = encode_real(*encoder, *context, { numbers.data(), 3 }, 1, 1 << 20);
    const auto shared = encrypt_symmetric(*under_secret, *shared_plain);
    at_once([&](std::size_t i) {
        const auto plain = encode_real(*encoder, *context, { numbers.data(), 3 }, 1, 1 << 20);
        const auto x = i % 2 == 0 ? encrypt(*under_public, *shared_plain) : encrypt_symmetric(*under_secret, *plain);
        const auto product = multiply(*evaluator, *context, *shared, *x);
        decryptor->decrypt(*product); // three components
        relinearize_inplace(*evaluator, *product, *relin);
        const auto rotated = rotate(*evaluator, *product, 1 + static_cast<std::int32_t>(i % 2), *galois);
        conjugate(*evaluator, *rotated, *galois);
        std::vector<double> decoded(degree / 2);
        decode_real(*encoder, *decryptor->decrypt(*rotated), { decoded.data(), decoded.size() });
        if (std::abs(decoded[0] - (i % 2 == 0 ? 4 : 9)) > 0.05) {
            fail("shared objects: " + std::to_string(decoded[0]));
        }
    });
}

} // namespace

int main() {
    throw_in_a_team();
    for (const kernels::Path *path : paths()) {
        share_switcher(*path);
    }
    share_seal(false), share_seal(true);
}
