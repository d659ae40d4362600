// Threads belong to whoever calls: the kernels say what may run side by side.
#pragma once

#include <cstddef>
#include <functional>

namespace seal_nn::kernels {

using Task = std::function<void(std::size_t)>;
// Runs task(0) to task(count - 1) in any order, on any threads, and returns when all are done; throws what one of them
// throws.
using Parallel = void (*)(std::size_t count, const Task &task);

inline void one_by_one(std::size_t count, const Task &task) {
    for (std::size_t i = 0; i < count; i++) {
        task(i);
    }
}

} // namespace seal_nn::kernels
