#include "oauth/pending_attempts.hpp"

namespace kimbap::oauth {

void PendingAttempts::drop_old(TimePoint now) {
    std::erase_if(attempts_,
                  [&](const auto& entry) { return entry.second.started_at + kKeep < now; });
}

Result<void> PendingAttempts::add(AuthorizationAttempt attempt, TimePoint now) {
    const std::lock_guard lock(mutex_);
    drop_old(now);
    if (attempts_.size() >= kMax) {
        return make_error(Errc::unavailable,
                          "too many connections are being made (try again in some minutes)");
    }
    std::string state = attempt.state;
    attempts_.emplace(std::move(state), std::move(attempt));
    return {};
}

std::optional<AuthorizationAttempt> PendingAttempts::take(std::string_view state, TimePoint now) {
    const std::lock_guard lock(mutex_);
    drop_old(now);
    const auto found = attempts_.find(state);
    if (found == attempts_.end()) return std::nullopt;
    AuthorizationAttempt out = std::move(found->second);
    attempts_.erase(found);
    return out;
}

}  // namespace kimbap::oauth
