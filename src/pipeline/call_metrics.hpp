#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "pipeline/call.hpp"

namespace kimbap::pipeline {

/// Counts calls by how they ended and how long they took, for Prometheus. Labels hold outcomes
/// only: never a caller, an argument or anything else that a caller chooses. Thread-safe,
/// lock-free.
class CallMetrics {
public:
    /// `took` is from the call's arrival to its end, an operator's time to decide included.
    void record(Disposition how, std::chrono::steady_clock::duration took) noexcept;

    /// Appends `kimbap_calls_total` and the histogram `kimbap_call_duration_seconds` in the text
    /// exposition format 0.0.4.
    void append_to(std::string& out) const;

private:
    static constexpr std::size_t kDispositions =
        static_cast<std::size_t>(Disposition::cancelled) + 1;
    /// Upper bounds in microseconds; one more bucket takes what is longer.
    static constexpr std::array<std::uint64_t, 12> kBounds{
        250,    500,     1'000,   2'500,     5'000,     10'000,
        50'000, 100'000, 500'000, 1'000'000, 5'000'000, 30'000'000};

    std::array<std::atomic<std::uint64_t>, kDispositions> calls_{};
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> microseconds_{0};
};

}  // namespace kimbap::pipeline
