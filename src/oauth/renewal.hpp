#pragma once

#include <chrono>

#include "oauth/connection.hpp"

namespace kimbap::oauth {

struct RenewalOptions {
    std::chrono::seconds ahead{60};  ///< Before its end: for the call's own time and clock skew.
    std::chrono::seconds jitter{
        30};  ///< Added at random, so that not all that end together renew so.
    std::chrono::seconds clock_back{60};  ///< A clock that went back further makes dates worthless.
};

enum class Freshness {
    fresh,
    due,      ///< Renew now; usable meanwhile where that fails.
    expired,  ///< Not to be sent any more.
};

/// Whether an access token is still to be used at `now`. `draw` in [0, 1) is this token's share of
/// the jitter. Of a token that lives shortly, at most a fifth of its life is given up. One without
/// an end is fresh until a service refuses it.
[[nodiscard]] Freshness freshness(const Connection& connection, TimePoint now, double draw,
                                  const RenewalOptions& options);

}  // namespace kimbap::oauth
