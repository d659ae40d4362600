#include "kernels.h"

#include <seal/util/ntt.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/profile.h"
#include "pool.h"
#include "seal-nn/src/ffi/kernels.rs.h"

namespace seal_nn {

namespace {

// Paths that were compiled and that the processor, and the system with its registers, can run.
std::vector<const kernels::Path *> paths() {
    std::vector<const kernels::Path *> paths;
#if defined(__x86_64__) || defined(__i386__)
    if (kernels::avx512_path != nullptr && __builtin_cpu_supports("avx512f")) {
        paths.push_back(kernels::timed(kernels::avx512_path));
    }
    if (kernels::avx2_path != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        paths.push_back(kernels::timed(kernels::avx2_path));
    }
#endif
    paths.push_back(kernels::timed(kernels::portable_path));
    return paths;
}

const kernels::Path &path_named(rust::Str name) {
    const auto available = paths();
    if (name.empty()) {
        return *available.front();
    }
    for (const kernels::Path *path : available) {
        if (std::string(name) == path->name) {
            return *path;
        }
    }
    throw std::invalid_argument("no such code path on this machine");
}

// SEAL's Galois element of a step; 1 for none.
std::uint32_t element_of(const HybridEvaluator &hybrid, std::int32_t step) {
    const auto &tool = *hybrid.inner.context().seal().key_context_data()->galois_tool();
    return step == 0 ? 1 : tool.get_elt_from_step(step);
}

seal::RelinKeys relin_keys(const kernels::Context &context, const seal::SecretKey &secret, bool seeded) {
    seal::RelinKeys keys;
    keys.data().push_back(kernels::generate_key_of_seal(context, secret, kernels::RELINEARISATION, seeded));
    keys.parms_id() = context.seal().key_parms_id();
    return keys;
}

seal::GaloisKeys galois_keys(const kernels::Context &context, const seal::SecretKey &secret,
                             rust::Slice<const std::int32_t> steps, bool seeded) {
    seal::GaloisKeys keys;
    keys.data().resize(context.degree());
    for (std::int32_t step : steps) {
        const auto element = context.seal().key_context_data()->galois_tool()->get_elt_from_step(step);
        auto &key = keys.data()[seal::GaloisKeys::get_index(element)];
        if (key.empty()) {
            key = kernels::generate_key_of_seal(context, secret, element, seeded);
        }
    }
    keys.parms_id() = context.seal().key_parms_id();
    return keys;
}

void on_rayon(std::size_t helpers, const std::function<void()> &lead, const std::function<void()> &help) {
    recruit(helpers, { lead }, { help });
}

// As SEAL refuses it: such a result decrypts without a key.
std::unique_ptr<seal::Ciphertext> opaque(std::unique_ptr<seal::Ciphertext> result) {
    if (result->is_transparent()) {
        throw std::logic_error("result ciphertext is transparent");
    }
    return result;
}

} // namespace

void run_work(const KernelWork &work) { work.inner(); }

HybridEvaluator::HybridEvaluator(const seal::SEALContext &context, std::size_t special_count, rust::Str path)
    : inner(context, special_count, path_named(path), on_rayon) {}

rust::Vec<rust::String> kernel_paths() {
    rust::Vec<rust::String> names;
    for (const kernels::Path *path : paths()) {
        names.push_back(path->name);
    }
    return names;
}

rust::Vec<std::uint64_t> kernel_nanoseconds() {
    rust::Vec<std::uint64_t> stages;
    for (std::uint64_t stage : kernels::profile()) {
        stages.push_back(stage);
    }
    return stages;
}

void transform_on_path(rust::Str path, std::size_t degree, std::uint64_t prime, bool forward,
                       rust::Slice<std::uint64_t> residues) {
    if (residues.size() != degree) {
        throw std::invalid_argument("as many residues as the degree");
    }
    use_our_pool();
    const seal::util::NTTTables seal_tables(seal::util::get_power_of_two(degree), seal::Modulus(prime));
    if (path.empty()) {
        const seal::util::CoeffIter values(residues.data());
        if (forward) {
            seal::util::ntt_negacyclic_harvey(values, seal_tables);
        } else {
            seal::util::inverse_ntt_negacyclic_harvey(values, seal_tables);
        }
        return;
    }
    const kernels::Path &chosen = path_named(path);
    const kernels::PrimeTables tables(chosen, degree, prime, seal_tables.get_root());
    kernels::Doubles x(degree);
    if (forward) {
        chosen.load(tables.prime(), residues.data(), x.data());
        chosen.forward(tables.prime(), x.data());
    } else {
        chosen.backward_residues(tables.prime(), residues.data(), 1, x.data());
    }
    chosen.store(tables.prime(), x.data(), residues.data());
}

std::unique_ptr<HybridEvaluator> new_hybrid_evaluator(const seal::SEALContext &context, std::size_t special_count, rust::Str path) {
    return std::make_unique<HybridEvaluator>(context, special_count, path);
}

rust::String path_of(const HybridEvaluator &hybrid) { return hybrid.inner.context().path().name; }

std::shared_ptr<seal::UniformRandomGenerator> new_generator(const HybridEvaluator &hybrid) {
    return kernels::new_generator(hybrid.inner.context());
}

std::size_t switching_key_size(const HybridEvaluator &hybrid, std::size_t level) {
    return kernels::key_size(hybrid.inner.context(), level);
}

void generate_switching_key(const HybridEvaluator &hybrid, const seal::SecretKey &secret, std::uint32_t element,
                            std::size_t level, const std::shared_ptr<seal::UniformRandomGenerator> &random,
                            rust::Slice<std::uint8_t> to) {
    kernels::generate_key(hybrid.inner.context(), secret, element, level, random, to.data(), to.size());
}

std::unique_ptr<seal::PublicKey> make_public_key(const HybridEvaluator &hybrid, const seal::SecretKey &secret) {
    auto key = std::make_unique<seal::PublicKey>();
    kernels::generate_public_key(hybrid.inner.context(), secret, false, *key);
    return key;
}

std::unique_ptr<std::vector<std::uint8_t>> make_seeded_public_key(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret) {
    seal::PublicKey key;
    kernels::generate_public_key(hybrid.inner.context(), secret, true, key);
    return seeded_bytes(key);
}

std::unique_ptr<seal::RelinKeys> make_relin_keys(const HybridEvaluator &hybrid, const seal::SecretKey &secret) {
    return std::make_unique<seal::RelinKeys>(relin_keys(hybrid.inner.context(), secret, false));
}

std::unique_ptr<std::vector<std::uint8_t>> make_seeded_relin_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret) {
    return seeded_bytes(relin_keys(hybrid.inner.context(), secret, true));
}

std::unique_ptr<seal::GaloisKeys> make_galois_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const std::int32_t> steps) {
    return std::make_unique<seal::GaloisKeys>(galois_keys(hybrid.inner.context(), secret, steps, false));
}

std::unique_ptr<std::vector<std::uint8_t>> make_seeded_galois_keys(
    const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const std::int32_t> steps) {
    return seeded_bytes(galois_keys(hybrid.inner.context(), secret, steps, true));
}

std::unique_ptr<HybridKeys> expand_hybrid_keys(const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes) {
    auto keys = std::make_unique<HybridKeys>();
    keys->add(hybrid.inner.context(), bytes.data(), bytes.size());
    return keys;
}

void add_hybrid_keys(HybridKeys &keys, const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes) {
    keys.add(hybrid.inner.context(), bytes.data(), bytes.size());
}

std::unique_ptr<HybridKeys> hybrid_keys_of_seal(
    const HybridEvaluator &hybrid, const seal::RelinKeys &relin, const seal::GaloisKeys &galois) {
    const kernels::Context &context = hybrid.inner.context();
    auto keys = std::make_unique<HybridKeys>();
    if (relin.has_key(2)) {
        keys->add_of_seal(context, relin.key(2), kernels::RELINEARISATION);
    }
    for (std::size_t index = 0; index < galois.data().size(); index++) {
        if (!galois.data()[index].empty()) { // GaloisKeys::get_index
            keys->add_of_seal(context, galois.data()[index], static_cast<std::uint32_t>(2 * index + 1));
        }
    }
    return keys;
}

std::size_t hybrid_key_levels(const HybridKeys &keys, std::uint32_t element) { return keys.levels(element); }

std::size_t raising_keys_size(const HybridEvaluator &tall, const HybridEvaluator &small, std::size_t elements) {
    return kernels::raising_keys_size(tall.inner.context(), small.inner.context(), elements);
}

void generate_raising_keys(const HybridEvaluator &tall, const HybridEvaluator &small, const seal::SecretKey &secret,
                           std::size_t weight, rust::Slice<const std::uint32_t> factors, rust::Slice<std::uint8_t> to) {
    const kernels::Context &context = tall.inner.context();
    const auto elements = kernels::raised_elements(context.degree(), { factors.begin(), factors.end() });
    kernels::generate_raising_keys(context, small.inner.context(), secret, weight, elements, to.data(), to.size());
}

std::unique_ptr<RaisingKeys> expand_raising_keys(const HybridEvaluator &tall, const HybridEvaluator &small,
                                                 rust::Slice<const std::uint32_t> factors,
                                                 rust::Slice<const std::uint8_t> bytes) {
    const std::vector<std::uint32_t> copied(factors.begin(), factors.end());
    return std::make_unique<RaisingKeys>(
        tall.inner.context(), small.inner.context(), copied, bytes.data(), bytes.size());
}

std::unique_ptr<seal::Ciphertext> raise(const HybridEvaluator &tall, const HybridEvaluator &small,
                                        const seal::Ciphertext &x, const RaisingKeys &keys) {
    auto raised = std::make_unique<seal::Ciphertext>();
    tall.inner.raise(x, small.inner, keys, *raised);
    return raised;
}

std::unique_ptr<seal::Ciphertext> expand_ciphertext(const HybridEvaluator &hybrid, rust::Slice<const std::uint8_t> bytes) {
    auto result = std::make_unique<seal::Ciphertext>();
    hybrid.inner.expand(bytes.data(), bytes.size(), *result);
    return opaque(std::move(result));
}

rust::Vec<std::int32_t> hybrid_key_steps(const HybridEvaluator &hybrid, const HybridKeys &keys) {
    return steps_where(hybrid.inner.context().seal(), [&](std::uint32_t element) { return keys.levels(element) > 0; });
}

std::unique_ptr<seal::Ciphertext> switch_automorphism(
    const HybridEvaluator &hybrid, const seal::Ciphertext &x, std::uint32_t element, const HybridKeys &keys) {
    auto rotated = std::make_unique<seal::Ciphertext>();
    hybrid.inner.rotate(x, element, keys, *rotated);
    return rotated;
}

std::unique_ptr<HoistedCiphertext> hoist(const HybridEvaluator &hybrid, const seal::Ciphertext &x) {
    return std::make_unique<HoistedCiphertext>(HoistedCiphertext{ hybrid.inner.hoist(x) });
}

std::unique_ptr<seal::Ciphertext> rotate_hoisted(
    const HybridEvaluator &hybrid, const HoistedCiphertext &x, std::int32_t step, const HybridKeys &keys) {
    auto rotated = std::make_unique<seal::Ciphertext>();
    hybrid.inner.rotate(*x.inner, element_of(hybrid, step), keys, *rotated);
    return rotated;
}

std::unique_ptr<seal::Ciphertext> switch_relinearize(
    const HybridEvaluator &hybrid, const seal::Ciphertext &x, const HybridKeys &keys, bool rescale) {
    auto relinearised = std::make_unique<seal::Ciphertext>();
    hybrid.inner.relinearise(x, keys, rescale, *relinearised);
    return relinearised;
}

std::unique_ptr<seal::Ciphertext> switch_add_rotations(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                       rust::Slice<const std::int32_t> steps,
                                                       const HybridKeys &keys) {
    std::vector<std::uint32_t> elements;
    for (std::int32_t step : steps) {
        elements.push_back(element_of(hybrid, step));
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.add_rotations(x, elements, keys, *sum);
    return opaque(std::move(sum));
}

std::unique_ptr<seal::Ciphertext> switch_sum_rotations(
    const HybridEvaluator &hybrid, rust::Slice<const RotatedTerm> terms, const HybridKeys &keys) {
    kernels::HybridEvaluator::Rotations rotations;
    for (const RotatedTerm &term : terms) {
        rotations.emplace_back(&term.x, element_of(hybrid, term.step));
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.sum_rotations(rotations, keys, *sum);
    return opaque(std::move(sum));
}

std::unique_ptr<seal::Ciphertext> switch_multiply(
    const HybridEvaluator &hybrid, rust::Slice<const SwitchedProduct> terms, const HybridKeys &keys) {
    kernels::HybridEvaluator::Products products;
    for (const SwitchedProduct &term : terms) {
        products.emplace_back(&term.x, &term.y);
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.multiply(products, keys, *sum);
    return opaque(std::move(sum));
}

std::unique_ptr<seal::Ciphertext> multiply_plain_rescale(
    const HybridEvaluator &hybrid, rust::Slice<const PlainProduct> terms) {
    kernels::HybridEvaluator::PlainProducts products;
    for (const PlainProduct &term : terms) {
        products.emplace_back(&term.x, &term.y);
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.multiply(products, *sum);
    return opaque(std::move(sum));
}

std::unique_ptr<seal::Ciphertext> combine(
    const HybridEvaluator &hybrid, rust::Slice<const SwitchedProduct> products, rust::Slice<const WeightedTerm> multiples,
    rust::Slice<const double> scalars, std::size_t level, double scale, const HybridKeys &keys) {
    const std::size_t of_multiples = multiples.size() * (level + 1);
    if (scalars.size() != of_multiples + level) {
        throw std::invalid_argument("not one scalar for each prime and term, or not one constant for each prime");
    }
    kernels::HybridEvaluator::Combination terms = { {}, {}, scalars.data(), scalars.data() + of_multiples, level, scale };
    for (const SwitchedProduct &term : products) {
        terms.products.emplace_back(&term.x, &term.y);
    }
    for (const WeightedTerm &term : multiples) {
        terms.multiples.push_back(&term.x);
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.combine(terms, keys, *sum);
    return opaque(std::move(sum));
}

std::unique_ptr<WeightedSums> weigh(const HybridEvaluator &hybrid, rust::Slice<const WeightedTerm> terms,
                                    rust::Slice<const double> scalars, std::size_t sums, double scale) {
    std::vector<const seal::Ciphertext *> x;
    for (const WeightedTerm &term : terms) {
        x.push_back(&term.x);
    }
    const std::size_t primes = x.empty() ? 0 : x.front()->coeff_modulus_size();
    if (scalars.size() != primes * x.size() * sums) {
        throw std::invalid_argument("not one scalar for each prime, term and sum");
    }
    auto weighted = std::make_unique<WeightedSums>();
    hybrid.inner.weigh(x, scalars.data(), sums, scale, weighted->inner);
    std::reverse(weighted->inner.begin(), weighted->inner.end());
    return weighted;
}

std::unique_ptr<seal::Ciphertext> next_sum(WeightedSums &sums) {
    if (sums.inner.empty()) {
        throw std::logic_error("all sums were taken");
    }
    auto sum = std::move(sums.inner.back());
    sums.inner.pop_back();
    return opaque(std::move(sum));
}

std::unique_ptr<seal::Ciphertext> divide_by_top(const HybridEvaluator &hybrid, const seal::Ciphertext &x) {
    auto quotient = std::make_unique<seal::Ciphertext>();
    hybrid.inner.rescale(x, *quotient);
    return quotient;
}

std::unique_ptr<seal::Plaintext> encode_slots(
    const HybridEvaluator &hybrid, rust::Slice<const double> values, std::size_t level, double scale, double most) {
    auto plaintext = std::make_unique<seal::Plaintext>();
    const bool fits = hybrid.inner.encode(values.data(), values.size(), level, scale, most, *plaintext);
    return fits ? std::move(plaintext) : nullptr;
}

std::unique_ptr<seal::Ciphertext> encrypt_public(
    const HybridEvaluator &hybrid, const seal::PublicKey &key, rust::Slice<const double> values, std::size_t level,
    double scale, double most) {
    auto ciphertext = std::make_unique<seal::Ciphertext>();
    const bool fits = hybrid.inner.encrypt(key, values.data(), values.size(), level, scale, most, *ciphertext);
    return fits ? std::move(ciphertext) : nullptr;
}

bool encrypt_slots(const HybridEvaluator &hybrid, const seal::SecretKey &secret, rust::Slice<const double> values,
                   std::size_t level, double scale, double most, rust::Slice<std::uint8_t> to) {
    return hybrid.inner.encrypt(secret, values.data(), values.size(), level, scale, most, to.data(), to.size());
}

std::size_t seeded_size(const HybridEvaluator &hybrid, std::size_t level) { return hybrid.inner.seeded_size(level); }

void decode_slots(const HybridEvaluator &hybrid, const seal::Plaintext &plaintext, rust::Slice<double> values) {
    if (values.size() != hybrid.inner.context().degree() / 2) {
        throw std::invalid_argument("the buffer does not have one place for each slot");
    }
    hybrid.inner.decode(plaintext, values.data());
}

std::unique_ptr<ExtendedPlaintext> extend_plaintext(const HybridEvaluator &hybrid, const seal::Plaintext &plaintext) {
    auto extended = std::make_unique<ExtendedPlaintext>(ExtendedPlaintext{ hybrid.inner.extend(plaintext), {} });
    std::copy_n(plaintext.data(), extended->first.size(), extended->first.begin());
    return extended;
}

bool is_extended(const ExtendedPlaintext &extended, const seal::Plaintext &plaintext) {
    return plaintext.coeff_count() >= extended.first.size() &&
           std::equal(extended.first.begin(), extended.first.end(), plaintext.data());
}

std::unique_ptr<seal::Ciphertext> switch_transform(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                   rust::Slice<const TransformTerm> terms, const HybridKeys &keys,
                                                   bool rescale) {
    std::vector<kernels::Term> plain;
    for (const TransformTerm &term : terms) {
        plain.push_back({ element_of(hybrid, term.giant), element_of(hybrid, term.baby), &term.plaintext,
                          &term.extended.special, nullptr });
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    hybrid.inner.transform(x, plain, keys, rescale, *sum);
    return sum;
}

std::unique_ptr<PeriodicPlaintext> encode_periodic(
    const HybridEvaluator &hybrid, rust::Slice<const double> parts, std::size_t level, double scale) {
    return std::make_unique<PeriodicPlaintext>(hybrid.inner.context(), parts.data(), parts.size() / 2, level, scale);
}

std::unique_ptr<seal::Ciphertext> switch_transform_periodic(const HybridEvaluator &hybrid, const seal::Ciphertext &x,
                                                            rust::Slice<const PeriodicTransformTerm> terms,
                                                            GiantSteps steps, const HybridKeys &keys, bool rescale,
                                                            std::uint32_t also) {
    std::vector<kernels::Term> periodic;
    for (const PeriodicTransformTerm &term : terms) {
        periodic.push_back({ term.giant, element_of(hybrid, term.baby), nullptr, nullptr, &term.plaintext });
    }
    auto sum = std::make_unique<seal::Ciphertext>();
    const kernels::GiantSteps elements = { element_of(hybrid, steps.step), element_of(hybrid, steps.last) };
    hybrid.inner.transform(x, periodic, keys, rescale, *sum, also, elements);
    return sum;
}

} // namespace seal_nn
