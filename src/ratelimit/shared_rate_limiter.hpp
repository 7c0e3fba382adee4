#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "policy/policy.hpp"

namespace kimbap::ratelimit {

/// Allowances in a small file that all processes of a data directory map: they hold across
/// processes and restarts. Sliding windows: no window of the configured length ever sees more than
/// the allowed number. Up to kExact requests a window are remembered by their times; larger
/// allowances by counts in kExact parts of the window, which errs on the side of waiting.
/// Wall-clock time; an entry from the future (the clock was set back) counts as made now.
///
/// Whatever can't be known denies: a full table, a lock that fails. A file that is cut off or not
/// kimbap's is refused at open; garbage inside it stays inside its slot, where it counts as made
/// now or not at all, for one window at most. Whoever can write the file is the user kimbap runs
/// as, who could remove it too.
/// Thread-safe.
class SharedRateLimiter final : public policy::RateLimiter {
public:
    static constexpr std::size_t kSlots = 16'384;
    static constexpr std::size_t kExact = 120;

    /// Makes the file where there is none, with all its room reserved.
    /// Errors: storage_failure (no room, no permission), corrupt (cut off, another version); each
    /// with the path and the mend.
    static Result<std::unique_ptr<SharedRateLimiter>> open(const std::string& path);
    ~SharedRateLimiter() override;
    SharedRateLimiter(const SharedRateLimiter&) = delete;
    SharedRateLimiter& operator=(const SharedRateLimiter&) = delete;

    std::chrono::milliseconds ask(std::string_view key, const policy::RateLimit& limit,
                                  TimePoint now, bool take) override;

private:
    struct Slot;
    struct Page;
    static constexpr std::size_t kStripes = 64;
    static constexpr std::size_t kProbes = 64;

    SharedRateLimiter(int fd, Page* page) : fd_(fd), page_(page) {}
    bool lock(std::size_t stripe, bool exclusive) const;
    Slot* find(std::uint64_t high, std::uint64_t low, std::size_t stripe, std::int64_t now,
               std::int64_t window) const;

    int fd_;
    Page* page_;
    std::array<std::mutex, kStripes>
        mutexes_;  ///< Between threads; file locks are between processes.
};

}  // namespace kimbap::ratelimit
