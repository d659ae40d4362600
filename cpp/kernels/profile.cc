#include "profile.h"

#include <atomic>
#include <chrono>

namespace seal_nn::kernels {

namespace {

std::array<std::atomic<std::uint64_t>, STAGES> nanoseconds;

// A function works on a whole residue polynomial, microseconds: the clock costs nothing beside that.
class Stopwatch {
  public:
    explicit Stopwatch(Stage stage) : stage_(stage) {}
    ~Stopwatch() {
        const auto time = std::chrono::steady_clock::now() - started_;
        nanoseconds[static_cast<std::size_t>(stage_)].fetch_add(
            static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count()), std::memory_order_relaxed);
    }
    Stopwatch(const Stopwatch &) = delete;
    Stopwatch &operator=(const Stopwatch &) = delete;

  private:
    Stage stage_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// What is timed, by place in this list.
const Path *const plain[] = { portable_path, avx2_path, avx512_path };
constexpr std::size_t PATHS = sizeof plain / sizeof plain[0];

template <std::size_t PATH, Stage STAGE, auto MEMBER>
struct Timed;

template <std::size_t PATH, Stage STAGE, class... Arguments, void (*Path::*MEMBER)(Arguments...)>
struct Timed<PATH, STAGE, MEMBER> {
    static void call(Arguments... arguments) {
        const Stopwatch stopwatch(STAGE);
        (plain[PATH]->*MEMBER)(arguments...);
    }
};

template <std::size_t PATH>
const Path *timed_path() {
    static const Path path = [] {
        Path path = *plain[PATH];
        path.load = Timed<PATH, Stage::DIVISION, &Path::load>::call;
        path.store = Timed<PATH, Stage::DIVISION, &Path::store>::call;
        path.forward = Timed<PATH, Stage::TRANSFORM, &Path::forward>::call;
        path.backward = Timed<PATH, Stage::TRANSFORM, &Path::backward>::call;
        path.backward_residues = Timed<PATH, Stage::TRANSFORM, &Path::backward_residues>::call;
        path.convert = Timed<PATH, Stage::CONVERSION, &Path::convert>::call;
        path.extend = Timed<PATH, Stage::CONVERSION, &Path::extend>::call;
        path.inner_product = Timed<PATH, Stage::INNER_PRODUCT, &Path::inner_product>::call;
        path.permuted_inner_product = Timed<PATH, Stage::INNER_PRODUCT, &Path::permuted_inner_product>::call;
        path.multiply_sum = Timed<PATH, Stage::PRODUCT, &Path::multiply_sum>::call;
        path.weighted_sums = Timed<PATH, Stage::PRODUCT, &Path::weighted_sums>::call;
        path.add_products = Timed<PATH, Stage::PRODUCT, &Path::add_products>::call;
        path.add_centred_products = Timed<PATH, Stage::PRODUCT, &Path::add_centred_products>::call;
        path.add_multiples = Timed<PATH, Stage::PRODUCT, &Path::add_multiples>::call;
        path.shift = Timed<PATH, Stage::DIVISION, &Path::shift>::call;
        path.add = Timed<PATH, Stage::DIVISION, &Path::add>::call;
        path.permute = Timed<PATH, Stage::DIVISION, &Path::permute>::call;
        path.add_permuted = Timed<PATH, Stage::DIVISION, &Path::add_permuted>::call;
        path.subtract_scaled = Timed<PATH, Stage::DIVISION, &Path::subtract_scaled>::call;
        path.finish = Timed<PATH, Stage::DIVISION, &Path::finish>::call;
        return path;
    }();
    return &path;
}

} // namespace

std::array<std::uint64_t, STAGES> profile() {
    std::array<std::uint64_t, STAGES> now;
    for (std::size_t i = 0; i < STAGES; i++) {
        now[i] = nanoseconds[i].load(std::memory_order_relaxed);
    }
    return now;
}

const Path *timed(const Path *path) {
    static_assert(PATHS == 3);
    return path == plain[0] ? timed_path<0>() : path == plain[1] ? timed_path<1>() : timed_path<2>();
}

} // namespace seal_nn::kernels
