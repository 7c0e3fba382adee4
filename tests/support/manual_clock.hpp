#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.hpp"

namespace kimbap::test {

/// A clock that stands still until it is moved. Thread-safe.
class ManualClock final : public Clock {
public:
    /// 2026-11-23T12:00:00Z unless told.
    explicit ManualClock(TimePoint start = from_unix_micros(1'795'435'200'000'000))
        : micros_(to_unix_micros(start)) {}

    [[nodiscard]] TimePoint now() const override { return from_unix_micros(micros_.load()); }
    void advance(std::chrono::microseconds by) { micros_ += by.count(); }
    void set(TimePoint time) { micros_ = to_unix_micros(time); }

private:
    std::atomic<std::int64_t> micros_;
};

}  // namespace kimbap::test
