#include "pool.h"

#include <seal/memorymanager.h>
#include <seal/util/mempool.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace seal_nn {

namespace {

using seal::seal_byte;
using seal::util::MemoryPoolHead;
using seal::util::MemoryPoolItem;

// Blocks of one size. SEAL's own class keeps its spin lock when an allocation throws, so that the next thread that wants a
// block, or returns one, waits for ever; and it never frees one.
class Blocks final : public MemoryPoolHead {
  public:
    explicit Blocks(std::size_t bytes) : bytes_(bytes) {}
    ~Blocks() override { release(); }

    std::size_t item_byte_count() const noexcept override { return bytes_; }
    std::size_t item_count() const noexcept override { return count_; }

    MemoryPoolItem *get() override {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (free_ != nullptr) {
                MemoryPoolItem *item = std::exchange(free_, free_->next());
                item->next() = nullptr;
                return item;
            }
        }
        std::unique_ptr<seal_byte[]> data(new seal_byte[bytes_]);
        auto *item = new MemoryPoolItem(data.get());
        data.release();
        ++count_;
        return item;
    }

    void add(MemoryPoolItem *item) noexcept override {
        const std::lock_guard<std::mutex> lock(mutex_);
        item->next() = free_;
        free_ = item;
    }

    // Frees the blocks that nobody uses, and returns their bytes.
    std::size_t release() noexcept {
        MemoryPoolItem *item = nullptr;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            std::swap(item, free_);
        }
        std::size_t freed = 0;
        for (; item != nullptr; ++freed) {
            const std::unique_ptr<MemoryPoolItem> gone(item);
            item = item->next();
            delete[] gone->data();
        }
        count_ -= freed;
        return freed * bytes_;
    }

  private:
    const std::size_t bytes_;
    std::mutex mutex_;
    MemoryPoolItem *free_ = nullptr;
    std::atomic<std::size_t> count_{0};
};

// Whether this thread may hold the lock on the list of blocks.
thread_local bool is_in_pool = false;

// SEAL's pool, with our blocks in it: it takes a block from whatever it finds for a size.
class Pool final : public seal::util::MemoryPoolMT {
  public:
    seal::util::Pointer<seal_byte> get_for_byte_count(std::size_t bytes) override {
        for (;;) {
            try {
                const Inside inside;
                prepare(bytes);
                return MemoryPoolMT::get_for_byte_count(bytes);
            } catch (const std::bad_alloc &) {
                // Blocks of other sizes may be free.
                if (release() == 0) {
                    throw;
                }
            }
        }
    }

    std::size_t release() {
        const seal::util::ReaderLock lock(pools_locker_.acquire_read());
        std::size_t bytes = 0;
        for (MemoryPoolHead *blocks : pools_) {
            bytes += static_cast<Blocks *>(blocks)->release(); // `prepare` made all of them
        }
        return bytes;
    }

  private:
    struct Inside {
        Inside() { is_in_pool = true; }
        ~Inside() { is_in_pool = false; }
    };

    // Has blocks of a size. SEAL keeps them by falling size; what it refuses, it refuses itself.
    void prepare(std::size_t bytes) {
        const auto place = [&] {
            return std::lower_bound(pools_.begin(), pools_.end(), bytes, [](const MemoryPoolHead *blocks, std::size_t b) {
                return blocks->item_byte_count() > b;
            });
        };
        const auto known = [&] {
            const auto at = place();
            return at != pools_.end() && (*at)->item_byte_count() == bytes;
        };
        if (bytes == 0 || bytes > max_single_alloc_byte_count) {
            return;
        }
        {
            const seal::util::ReaderLock lock(pools_locker_.acquire_read());
            if (known()) {
                return;
            }
        }
        const seal::util::WriterLock lock(pools_locker_.acquire_write());
        if (!known()) {
            auto blocks = std::make_unique<Blocks>(bytes);
            pools_.insert(place(), blocks.get());
            blocks.release();
        }
    }
};

// Never destroyed: objects may outlive everything else in the program.
const std::shared_ptr<Pool> &pool() {
    static const auto *const made = new std::shared_ptr<Pool>(std::make_shared<Pool>());
    return *made;
}

std::new_handler next_handler = nullptr;

// For allocations outside of our pool, such as those of SEAL's pools for secrets: what ours keeps may suffice for them.
void make_room() {
    if (!is_in_pool && pool()->release() != 0) {
        return;
    }
    if (next_handler == nullptr) {
        throw std::bad_alloc();
    }
    next_handler();
}

} // namespace

void use_our_pool() {
    static const bool exchanged = [] {
        auto profile = std::make_unique<seal::MMProfFixed>(seal::MemoryPoolHandle(pool()));
        seal::MemoryManager::SwitchProfile(std::unique_ptr<seal::MMProf>(std::move(profile)));
        next_handler = std::set_new_handler(make_room);
        return true;
    }();
    static_cast<void>(exchanged);
}

std::size_t release_memory() {
    const std::size_t bytes = pool()->release();
#ifdef __GLIBC__
    malloc_trim(0); // what was freed stays with the process otherwise, where blocks are small
#endif
    return bytes;
}

} // namespace seal_nn
