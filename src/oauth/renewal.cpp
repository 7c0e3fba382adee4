#include "oauth/renewal.hpp"

#include <algorithm>

namespace kimbap::oauth {

Freshness freshness(const Connection& connection, TimePoint now, double draw,
                    const RenewalOptions& options) {
    using std::chrono::microseconds;
    if (!connection.expires_at) return Freshness::fresh;
    if (now >= *connection.expires_at) return Freshness::expired;
    // The clock went back: how long ago the token was given can't be told.
    if (now + options.clock_back < connection.obtained_at) return Freshness::due;
    const microseconds life = *connection.expires_at - connection.obtained_at;
    const auto jitter = microseconds(static_cast<std::int64_t>(
        draw * static_cast<double>(microseconds(options.jitter).count())));
    const microseconds ahead = std::min(microseconds(options.ahead) + jitter, life / 5);
    return now >= *connection.expires_at - ahead ? Freshness::due : Freshness::fresh;
}

}  // namespace kimbap::oauth
