#pragma once

#include <chrono>
#include <string_view>

#include "approval/notifiers/button_press.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::approval {

/// How old or early a request of Slack may be, so that one that was caught can't be replayed later.
inline constexpr std::chrono::minutes kSlackWindow{5};

/// Whether a request comes from Slack ("Verifying requests from Slack"): `signature` is "v0=" and
/// the hexadecimal HMAC-SHA-256 under the app's signing secret over "v0:timestamp:body", compared
/// in constant time; `timestamp` is in Unix seconds within kSlackWindow of `now`. Errors:
/// unauthenticated, without telling which part is wrong.
[[nodiscard]] Result<void> verify_slack(std::string_view signing_secret, std::string_view timestamp,
                                        std::string_view signature, std::string_view body,
                                        TimePoint now);

/// The button of a verified request's body (`payload=` and form-encoded JSON of type
/// block_actions). Errors: invalid_argument for anything else; not_found for a button that isn't
/// one of kimbap's, like the link to the decision page, which asks for nothing.
[[nodiscard]] Result<ButtonPress> read_slack_interaction(std::string_view body);

}  // namespace kimbap::approval
