#include "pipeline/call_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kimbap::pipeline {

void CallMetrics::record(Disposition how, std::chrono::steady_clock::duration took) noexcept {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), micros);
    const auto bucket = static_cast<std::size_t>(std::distance(kBounds.begin(), bound));
    calls_[static_cast<std::size_t>(how)].fetch_add(1, std::memory_order_relaxed);
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    microseconds_.fetch_add(micros, std::memory_order_relaxed);
}

void CallMetrics::append_to(std::string& out) const {
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   "# HELP kimbap_calls_total Tool calls of this process by how they ended.\n"
                   "# TYPE kimbap_calls_total counter\n");
    for (std::size_t i = 0; i < kDispositions; ++i) {
        fmt::format_to(to, "kimbap_calls_total{{outcome=\"{}\"}} {}\n",
                       name(static_cast<Disposition>(i)),
                       calls_[i].load(std::memory_order_relaxed));
    }
    fmt::format_to(to,
                   "# HELP kimbap_call_duration_seconds From a call's arrival to its end, an "
                   "operator's time included.\n"
                   "# TYPE kimbap_call_duration_seconds histogram\n");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
        below += buckets_[i].load(std::memory_order_relaxed);
        fmt::format_to(to, "kimbap_call_duration_seconds_bucket{{le=\"{}\"}} {}\n",
                       static_cast<double>(kBounds[i]) / 1e6, below);
    }
    below += buckets_[kBounds.size()].load(std::memory_order_relaxed);
    fmt::format_to(to,
                   "kimbap_call_duration_seconds_bucket{{le=\"+Inf\"}} {}\n"
                   "kimbap_call_duration_seconds_sum {}\n"
                   "kimbap_call_duration_seconds_count {}\n",
                   below, static_cast<double>(microseconds_.load(std::memory_order_relaxed)) / 1e6,
                   below);
}

}  // namespace kimbap::pipeline
