#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "oauth/authorization.hpp"

namespace kimbap::oauth {

/// The attempts of a server that wait for a browser to come back, found by their state, once.
/// Thread-safe.
class PendingAttempts {
public:
    static constexpr std::size_t kMax = 64;
    static constexpr std::chrono::minutes kKeep{10};

    /// Errors: unavailable where kMax wait already.
    Result<void> add(AuthorizationAttempt attempt, TimePoint now);
    /// nullopt where the state was never given out, was used, or is too old.
    [[nodiscard]] std::optional<AuthorizationAttempt> take(std::string_view state, TimePoint now);

private:
    void drop_old(TimePoint now);

    std::mutex mutex_;
    std::map<std::string, AuthorizationAttempt, std::less<>> attempts_;
};

}  // namespace kimbap::oauth
