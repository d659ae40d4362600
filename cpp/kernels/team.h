// Threads that share one operation. They belong to whoever calls the kernels, and may all be busy elsewhere: then the
// leader does everything itself.
//
// An operation is a row of stages of independent tasks, each task some tens of microseconds: less than it takes to wake
// a thread. So helpers are asked for once an operation and wait for the next stage awake.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>

namespace seal_nn::kernels {

using Task = std::function<void(std::size_t)>;
// Calls lead() once, here, and meanwhile help() on up to so many threads that have nothing else to do; returns when all
// calls have returned. Neither throws.
using Recruit = void (*)(std::size_t helpers, const std::function<void()> &lead, const std::function<void()> &help);

inline void nobody(std::size_t, const std::function<void()> &lead, const std::function<void()> &) { lead(); }

class Team {
  public:
    // Calls work(team) with up to so many helpers, and throws what it throws.
    static void work(Recruit recruit, std::size_t helpers, const std::function<void(Team &)> &work);

    // Runs task(0) to task(count - 1) in any order on any thread of the team; throws what one of them throws when all are
    // done. For the leader alone.
    void each(std::size_t count, const Task &task);

  private:
    bool try_one();
    void help();

    // Number of the stage, number of its tasks, number of those that were taken: one word, so that nobody takes a task of
    // one stage for that of another.
    static constexpr unsigned BITS = 16;
    std::atomic<std::uint64_t> stage_{ 0 };
    std::atomic<const Task *> task_{ nullptr };
    std::atomic<std::size_t> done_{ 0 };
    std::atomic<bool> over_{ false }, failed_{ false };
    std::exception_ptr error_; // of who set failed_
};

} // namespace seal_nn::kernels
