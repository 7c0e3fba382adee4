#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "manifests/manifest.hpp"

/// The decisions about sending again, free of I/O.
namespace kimbap::manifests {

/// Longest wait that a Retry-After may ask for; a longer one ends the attempts.
inline constexpr std::chrono::seconds kMaxRetryAfter{30};

/// How one attempt ended.
struct Attempt {
    int number = 1;                      ///< From 1.
    std::optional<unsigned> status;      ///< nullopt: no response.
    bool may_have_reached_peer = false;  ///< Where there is no response.
    bool retryable_error = false;        ///< Where there is none: connection trouble or a timeout.
    std::string_view retry_after;        ///< The header; "" for none.
};

/// How long to wait before the next attempt; nullopt to stop. An attempt that may have acted is
/// repeated only where acting twice does no harm: an idempotent action, or one that sends an
/// idempotency key. `jitter` in [0, 1) spreads retries of many callers.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_attempt(const Action& action,
                                                                    const Attempt& attempt,
                                                                    TimePoint now, double jitter);

/// RFC 9110 section 10.2.3: seconds or an HTTP-date; nullopt where malformed.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text,
                                                                         TimePoint now);

}  // namespace kimbap::manifests
