#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace kimbap {

/// A pointer to an immutable snapshot that any thread may take or replace.
///
/// In place of std::atomic<std::shared_ptr>: libstdc++ 12's releases its internal lock with relaxed
/// ordering in load(), so a load races with a later store (ThreadSanitizer reports it; fixed in GCC
/// 13). The lock is held for copying a pointer only.
template <class T>
class SharedCell {
public:
    SharedCell() = default;
    explicit SharedCell(std::shared_ptr<const T> value) : value_(std::move(value)) {}

    [[nodiscard]] std::shared_ptr<const T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void store(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);  // The old one dies with the parameter, after the lock.
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace kimbap
