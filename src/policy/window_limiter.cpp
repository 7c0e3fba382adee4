#include "policy/window_limiter.hpp"

namespace kimbap::policy {

std::chrono::milliseconds WindowLimiter::ask(std::string_view key, const RateLimit& limit,
                                             TimePoint now, bool take) {
    std::deque<TimePoint>& used = used_[std::string(key)];
    while (!used.empty() && used.front() + limit.window <= now) used.pop_front();
    if (used.size() >= limit.max_requests) {
        return std::chrono::ceil<std::chrono::milliseconds>(used.front() + limit.window - now);
    }
    if (take) used.push_back(now);
    return std::chrono::milliseconds{0};
}

}  // namespace kimbap::policy
