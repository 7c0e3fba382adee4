#pragma once

#include <deque>
#include <map>
#include <string>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// Exact sliding windows in memory, on whatever clock the caller tells: for deciding calls that
/// nobody makes (table tests, replays) without touching the allowances that are in force. For one
/// thread; times must not go back. Keeps at most `max_requests` instants a key.
class WindowLimiter final : public RateLimiter {
public:
    std::chrono::milliseconds ask(std::string_view key, const RateLimit& limit, TimePoint now,
                                  bool take) override;

private:
    std::map<std::string, std::deque<TimePoint>, std::less<>> used_;
};

}  // namespace kimbap::policy
