#include "team.h"

#include <thread>

namespace seal_nn::kernels {

namespace {

// Waits a moment, and leaves the processor to others from time to time.
void pause(std::size_t turn) {
    if (turn % 64 == 63) {
        std::this_thread::yield();
        return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

} // namespace

void Team::work(Recruit recruit, std::size_t helpers, const std::function<void(Team &)> &work) {
    Team team;
    std::exception_ptr error;
    const auto lead = [&] {
        try {
            work(team);
        } catch (...) {
            error = std::current_exception();
        }
        team.over_.store(true, std::memory_order_release);
    };
    recruit(helpers, lead, [&team] { team.help(); });
    if (error) {
        std::rethrow_exception(error);
    }
}

void Team::each(std::size_t count, const Task &task) {
    const std::uint64_t number = (stage_.load(std::memory_order_relaxed) >> 2 * BITS) + 1;
    task_.store(&task, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    stage_.store(number << 2 * BITS | std::uint64_t(count) << BITS, std::memory_order_release);
    while (try_one()) {
    }
    for (std::size_t turn = 0; done_.load(std::memory_order_acquire) != count; turn++) {
        pause(turn);
    }
    if (failed_.exchange(false)) {
        std::rethrow_exception(error_);
    }
}

bool Team::try_one() {
    constexpr std::uint64_t mask = (std::uint64_t(1) << BITS) - 1;
    std::uint64_t stage = stage_.load(std::memory_order_acquire);
    const Task *task;
    do {
        if ((stage & mask) == (stage >> BITS & mask)) {
            return false;
        }
        // Of this stage, if nobody has changed the word when it is exchanged.
        task = task_.load(std::memory_order_relaxed);
    } while (!stage_.compare_exchange_weak(stage, stage + 1, std::memory_order_acq_rel, std::memory_order_acquire));
    try {
        (*task)(stage & mask);
    } catch (...) {
        if (!failed_.exchange(true)) {
            error_ = std::current_exception();
        }
    }
    done_.fetch_add(1, std::memory_order_release);
    return true;
}

void Team::help() {
    for (std::size_t turn = 0; !over_.load(std::memory_order_acquire); turn++) {
        if (try_one()) {
            turn = 0;
        } else {
            pause(turn);
        }
    }
}

} // namespace seal_nn::kernels
