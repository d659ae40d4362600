#include "operations.h"

#include "kernels/integers.h"

#include <algorithm>
#include <cmath>

namespace seal_nn::sanitize {

namespace {

constexpr int GIANT = 32;

// More than the kernels take at once (transform.cc), where it is cheap.
int babies(const Setting &setting) { return setting.degree() == 1024 ? 18 : 3; }

std::string name(const std::string &operation, const Setting &setting, const kernels::HybridEvaluator &hybrid,
                 std::size_t level) {
    return operation + " on " + hybrid.context().path().name + ", N = " + std::to_string(setting.degree()) + ", " +
           std::to_string(setting.specials()) + " special primes, level " + std::to_string(level);
}

} // namespace

std::vector<int> steps(const Setting &setting) {
    std::vector<int> steps = { -3, GIANT };
    for (int step = 1; step < babies(setting); step++) {
        steps.push_back(step);
    }
    return steps;
}

Inputs::Inputs(const Setting &setting, std::size_t level)
    : a(setting.values(1)), b(setting.values(2)), x(setting.encrypt(a, level)), y(setting.encrypt(b, level)),
      plain(setting.encode(b, level)) {
    seal::Evaluator(setting.context()).multiply(x, y, product);
}

namespace {

using Named = std::pair<std::string, seal::Ciphertext>;

// All operations at one level.
std::vector<Named> operate(const Setting &setting, const kernels::HybridEvaluator &hybrid,
                           const kernels::HybridKeys &keys, std::size_t level, const Inputs &in) {
    std::vector<Named> results;
    const auto keep = [&](const std::string &operation, const Values &expected, const auto &compute) {
        seal::Ciphertext result;
        compute(result);
        results.emplace_back(name(operation, setting, hybrid, level), result);
        setting.expect(results.back().first, result, expected);
    };
    for (int step : { 1, -3 }) {
        keep("rotate", rotated(in.a, step),
             [&](auto &to) { hybrid.rotate(in.x, setting.element(step), keys, to); });
    }
    {
        const auto hoisted = hybrid.hoist(in.x);
        for (int step : { 1, -3 }) {
            keep("rotate hoisted", rotated(in.a, step),
                 [&](auto &to) { hybrid.rotate(*hoisted, setting.element(step), keys, to); });
        }
    }
    const Values once = sum(in.a, rotated(in.a, 1)), twice = sum(once, rotated(once, 2));
    keep("add rotations", twice, [&](auto &to) {
        hybrid.add_rotations(in.x, { setting.element(1), setting.element(2) }, keys, to);
    });
    const kernels::HybridEvaluator::Rotations rotations = { { &in.x, setting.element(1) }, { &in.y, 1 }, { &in.y, setting.element(-3) } };
    keep("sum rotations", sum(rotated(in.a, 1), sum(in.b, rotated(in.b, -3))),
         [&](auto &to) { hybrid.sum_rotations(rotations, keys, to); });
    const Values ab = product(in.a, in.b);
    keep("relinearise", ab, [&](auto &to) { hybrid.relinearise(in.product, keys, false, to); });

    // The sum over giant and baby steps of rotate(b rotate(a, baby), giant), and of one group with no step at all.
    const kernels::SpecialResidues special = hybrid.extend(in.plain);
    std::vector<kernels::Term> terms;
    Values inner(in.a.size());
    for (int baby = 0; baby < babies(setting); baby++) {
        inner = sum(inner, product(in.b, rotated(in.a, baby)));
        terms.push_back({ setting.element(GIANT), setting.element(baby), &in.plain, &special, nullptr });
    }
    terms.push_back({ 1, 1, &in.plain, &special, nullptr });
    const Values transformed = sum(ab, rotated(inner, GIANT));
    keep("transform", transformed, [&](auto &to) { hybrid.transform(in.x, terms, keys, false, to); });

    if (level == 0) {
        seal::Ciphertext unused;
        refused("a rescale below the chain", [&] { hybrid.rescale(in.x, unused); });
        refused("a product below the chain", [&] { hybrid.multiply({ { &in.x, &in.y } }, keys, unused); });
        return results;
    }
    keep("relinearise and rescale", ab, [&](auto &to) { hybrid.relinearise(in.product, keys, true, to); });
    keep("transform and rescale", transformed, [&](auto &to) { hybrid.transform(in.x, terms, keys, true, to); });
    const kernels::HybridEvaluator::Products products = { { &in.x, &in.y }, { &in.x, &in.x } };
    keep("multiply", sum(ab, product(in.a, in.a)), [&](auto &to) { hybrid.multiply(products, keys, to); });
    const kernels::HybridEvaluator::PlainProducts plain_products = { { &in.x, &in.plain }, { &in.y, &in.plain } };
    keep("multiply plain", sum(ab, product(in.b, in.b)), [&](auto &to) { hybrid.multiply(plain_products, to); });
    seal::Ciphertext scaled;
    seal::Evaluator(setting.context()).multiply_plain(in.x, in.plain, scaled);
    keep("rescale", ab, [&](auto &to) { hybrid.rescale(scaled, to); });

    // x y + x / 2 at the scale of the rescaled product.
    const double top = static_cast<double>(hybrid.context().value(level)), scale = in.x.scale() * in.y.scale() / top;
    const std::uint64_t half = static_cast<std::uint64_t>(in.y.scale() / 2);
    std::vector<double> scalars;
    for (std::size_t i = 0; i <= level; i++) {
        scalars.push_back(kernels::centred(half % hybrid.context().value(i), hybrid.context().value(i)));
    }
    const std::vector<double> constant(level, 0.0);
    keep("combine", sum(ab, product(in.a, Values(ab.size(), 0.5))), [&](auto &to) {
        hybrid.combine({ { { &in.x, &in.y } }, { &in.x }, scalars.data(), constant.data(), level, scale }, keys, to);
    });

    // Two slots in turn.
    const double parts[] = { 0.5, 0, -0.25, 0 };
    const kernels::PeriodicPlaintext periodic(hybrid.context(), parts, 2, level, in.plain.scale());
    Values factors(in.a.size());
    for (std::size_t i = 0; i < factors.size(); i++) {
        factors[i] = parts[i % 2 * 2];
    }
    const std::vector<kernels::Term> compact = { { 1, setting.element(1), nullptr, nullptr, &periodic },
                                                 { setting.element(GIANT), 1, nullptr, nullptr, &periodic } };
    keep("transform of periodic slots", sum(product(factors, rotated(in.a, 1)), rotated(product(factors, in.a), GIANT)),
         [&](auto &to) { hybrid.transform(in.x, compact, keys, true, to); });
    return results;
}

// Bytes of all keys that `operate` uses, cut to a level.
std::vector<std::uint8_t> key_bytes(const Setting &setting, const kernels::Context &context, std::size_t level) {
    std::vector<std::uint8_t> bytes;
    setting.append_key(context, kernels::RELINEARISATION, level, bytes);
    for (int step : steps(setting)) {
        setting.append_key(context, setting.element(step), level, bytes);
    }
    return bytes;
}

kernels::HybridKeys expanded(const kernels::Context &context, const std::vector<std::uint8_t> &bytes) {
    kernels::HybridKeys keys;
    keys.add(context, bytes.data(), bytes.size());
    return keys;
}

kernels::HybridKeys of_seal(Setting &setting, const kernels::Context &context) {
    seal::RelinKeys relin;
    setting.generator().create_relin_keys(relin);
    seal::GaloisKeys galois;
    setting.generator().create_galois_keys(steps(setting), galois);
    kernels::HybridKeys keys;
    keys.add_of_seal(context, relin.key(2), kernels::RELINEARISATION);
    for (int step : steps(setting)) {
        keys.add_of_seal(context, galois.key(setting.element(step)), setting.element(step));
    }
    return keys;
}

// Polynomials from a seed, which are the same on all paths: errors, and behind them uniform ones.
std::vector<std::uint64_t> sampled(const kernels::Context &context, std::size_t level) {
    const std::uint64_t seed[kernels::SEED_WORDS] = { 1, 2, 3 };
    const kernels::Generator random = kernels::generator_from(context, seed);
    std::vector<double> error(context.degree());
    kernels::add_error(context, random, -1, error.data());
    std::vector<std::uint64_t> all;
    for (double e : error) {
        all.push_back(static_cast<std::uint64_t>(e + 21));
    }
    const auto places = context.extended_places(level);
    all.resize((1 + places.size()) * context.degree());
    kernels::sample_uniform(context, places, random, all.data() + context.degree());
    return all;
}

void check_same(const std::vector<Named> &found, const std::vector<Named> &expected) {
    for (std::size_t i = 0; i < found.size(); i++) {
        const auto &x = found[i].second.dyn_array(), &y = expected[i].second.dyn_array();
        if (x.size() != y.size() || !std::equal(x.cbegin(), x.cend(), y.cbegin())) {
            fail(found[i].first + " is not what it is " + expected[i].first);
        }
    }
}

} // namespace

void check_client(const Setting &setting, const kernels::HybridEvaluator &hybrid, std::size_t level, const Inputs &in) {
    const double scale = in.plain.scale(), most = std::exp2(49);
    const auto expect = [&](const std::string &operation, const Values &found) {
        for (std::size_t i = 0; i < found.size(); i++) {
            if (!(std::abs(found[i] - in.a[i]) < 0.03)) {
                fail(name(operation, setting, hybrid, level) + ": " + std::to_string(found[i]) + " in slot " +
                     std::to_string(i) + " and not " + std::to_string(in.a[i]));
            }
        }
    };
    seal::Plaintext plain;
    Values back(in.a.size());
    if (!hybrid.encode(in.a.data(), in.a.size(), level, scale, most, plain)) {
        fail("a vector that does not fit");
    }
    hybrid.decode(plain, back.data());
    expect("encode and decode", back);
    std::vector<std::uint8_t> bytes(hybrid.seeded_size(level));
    const auto encrypt = [&](std::size_t count, std::size_t at, double largest, std::size_t size) {
        return hybrid.encrypt(setting.secret(), in.a.data(), count, at, scale, largest, bytes.data(), size);
    };
    encrypt(in.a.size(), level, most, bytes.size());
    seal::Ciphertext x, seals;
    hybrid.expand(bytes.data(), bytes.size(), x);
    expect("encrypt", setting.decrypt(x));
    seals.load(setting.context(), reinterpret_cast<const seal::seal_byte *>(bytes.data()), bytes.size());
    check_same({ { name("expand", setting, hybrid, level), x } }, { { "loaded by SEAL", seals } });

    seal::PublicKey key;
    generate_public_key(hybrid.context(), setting.secret(), false, key);
    seal::Ciphertext y;
    if (!hybrid.encrypt(key, in.a.data(), in.a.size(), level, scale, most, y)) {
        fail("a vector that does not fit");
    }
    expect("encrypt with the public key", setting.decrypt(y));

    if (encrypt(in.a.size(), level, 1, bytes.size()) ||
        hybrid.encode(in.a.data(), in.a.size(), level, scale, 1, plain)) {
        fail("coefficients above the largest were taken");
    }
    refused("room for one byte too few", [&] { encrypt(in.a.size(), level, most, bytes.size() - 1); });
    refused("a level above the chain", [&] { encrypt(in.a.size(), Setting::LEVELS, most, bytes.size()); });
    refused("more values than slots", [&] { encrypt(in.a.size() + 1, level, most, bytes.size()); });
    seal::Plaintext other(in.a.size());
    refused("a plaintext of another shape", [&] { hybrid.decode(other, back.data()); });
}

namespace {

// By way of a sparse secret to the top: the same on all paths.
void check_raise(const Setting &setting) {
    seal::EncryptionParameters parameters(seal::scheme_type::ckks);
    parameters.set_poly_modulus_degree(setting.degree());
    parameters.set_coeff_modulus(seal::CoeffModulus::Create(setting.degree(), { 44, 50 }));
    const seal::SEALContext sparse(parameters, true, seal::sec_level_type::none);
    const std::vector<std::uint32_t> factors = { setting.element(1), setting.element(GIANT) };
    const auto elements = kernels::raised_elements(setting.degree(), factors);
    const Inputs inputs(setting, 0);
    std::vector<std::uint8_t> bytes;
    std::vector<Named> expected;
    for (const kernels::Path *path : paths()) {
        const kernels::HybridEvaluator tall(setting.context(), setting.specials(), *path, on_threads);
        const kernels::HybridEvaluator small(sparse, 1, *path, kernels::nobody);
        if (bytes.empty()) {
            bytes.resize(raising_keys_size(tall.context(), small.context(), elements.size()));
            generate_raising_keys(
                tall.context(), small.context(), setting.secret(), 8, elements, bytes.data(), bytes.size());
        }
        const kernels::RaisingKeys keys(tall.context(), small.context(), factors, bytes.data(), bytes.size());
        std::vector<Named> found = { { name("raise", setting, tall, 0), {} } };
        tall.raise(inputs.x, small, keys, found[0].second);
        expected = expected.empty() ? found : expected;
        check_same(found, expected);
        refused("raising keys that end early", [&] {
            kernels::RaisingKeys(tall.context(), small.context(), factors, bytes.data(), bytes.size() - 1);
        });
    }
}

} // namespace

void check_operations(Setting &setting) {
    check_raise(setting);
    // With two special primes by several threads, to have both.
    const kernels::Recruit recruit = setting.specials() == 2 ? on_threads : kernels::nobody;
    const auto available = paths();
    const kernels::Context any(setting.context(), setting.specials(), *available.front());
    const std::size_t top = Setting::LEVELS - 1;
    const auto whole = key_bytes(setting, any, top);
    for (std::size_t level = 0; level <= top; level++) {
        const auto cut = level == top ? whole : key_bytes(setting, any, level);
        const Inputs inputs(setting, level);
        std::vector<Named> expected, expected_cut;
        const std::vector<std::uint64_t> drawn = sampled(any, level);
        for (const kernels::Path *path : available) {
            const kernels::HybridEvaluator hybrid(setting.context(), setting.specials(), *path, recruit);
            check_client(setting, hybrid, level, inputs);
            if (sampled(hybrid.context(), level) != drawn) {
                fail(name("sampling", setting, hybrid, level) + " gives other numbers than on another path");
            }
            const auto run = [&](const kernels::HybridKeys &keys) {
                return operate(setting, hybrid, keys, level, inputs);
            };
            const auto with_whole = run(expanded(hybrid.context(), whole));
            if (path == available.front()) {
                expected = with_whole;
            }
            check_same(with_whole, expected);
            if (level < top) {
                const auto cut_keys = expanded(hybrid.context(), cut);
                const auto with_cut = run(cut_keys);
                if (path == available.front()) {
                    expected_cut = with_cut;
                }
                check_same(with_cut, expected_cut);
                seal::Ciphertext unused;
                const seal::Ciphertext above = setting.encrypt(inputs.a, level + 1);
                refused("a key below the level",
                        [&] { hybrid.rotate(above, setting.element(1), cut_keys, unused); });
            }
            if (setting.specials() == 1) {
                run(of_seal(setting, hybrid.context()));
            }
        }
    }
}

} // namespace seal_nn::sanitize
