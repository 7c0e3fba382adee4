#include "async/worker_pool.hpp"

#include <system_error>
#include <utility>

namespace kimbap::async {

WorkerPool::WorkerPool(std::size_t threads) : thread_count_(threads == 0 ? 1 : threads) {}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::wait_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0 && queue_.empty(); });
}

bool WorkerPool::submit(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= kMaxQueue) return false;
        if (threads_.size() < thread_count_ && !start_thread()) return false;
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

bool WorkerPool::start_thread() {
    try {
        threads_.emplace_back([this] { loop(); });
    } catch (const std::system_error&) {
        // The system has no thread left for us: those that run do the work, where there are any.
    }
    return !threads_.empty();
}

void WorkerPool::loop() {
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front());
            queue_.pop_front();
            ++running_;
        }
        job();
        job = nullptr;  // it holds an executor: gone before anybody is told that it is done
        const std::lock_guard lock(mutex_);
        if (--running_ == 0 && queue_.empty()) idle_.notify_all();
    }
}

}  // namespace kimbap::async
