#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::approval {

/// The type of what `kimbap doctor --notify` sends.
inline constexpr std::string_view kTestType = "notify.test";

/// A notification's event (contract section 8), taken apart for channels that show it to people.
struct EventView {
    std::string type;
    std::string id;
    std::string agent, token, client;
    std::vector<std::string> roles;
    std::string action, risk, rule;
    boost::json::object parameters;
    std::string parameters_digest;  ///< Where the parameters are shortened.
    std::int64_t parameters_bytes = 0;
    std::string created_at, expires_at, decided_at;
    std::string decide_url;
    std::vector<std::string> operators;
    std::string reason;
    std::string channel;  ///< Of a test: the notify entry's name.

    [[nodiscard]] bool asks() const noexcept { return type == "approval.requested"; }
    [[nodiscard]] bool is_test() const noexcept { return type == kTestType; }
};

/// Errors: unsupported where `body` is not such an event: trying again would not help.
[[nodiscard]] Result<EventView> read_event(std::string_view body);
/// The event by which `kimbap doctor --notify NAME` tries a channel.
[[nodiscard]] std::string test_event(std::string_view channel, TimePoint now);

/// A line that people read: what it is, and its value.
struct Fact {
    std::string label;
    std::string value;
};
/// What happened, in a few words: "Approval needed: shop.refund". Through visible().
[[nodiscard]] std::string headline(const EventView& event);
/// Action, risk, caller, rule, expiry and, where it was decided, by whom and why. Values are
/// through visible().
[[nodiscard]] std::vector<Fact> facts(const EventView& event);
/// The parameters as indented JSON, through visible(), at most `limit` bytes; what is cut is
/// followed by the digest of all and how to see it.
[[nodiscard]] std::string parameters_text(const EventView& event, std::size_t limit);

}  // namespace kimbap::approval
