#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "approval/event_view.hpp"

namespace kimbap::approval {

/// What the buttons of a Slack message are called in Slack's interaction payloads.
inline constexpr std::string_view kSlackApprove = "kimbap_approve";
inline constexpr std::string_view kSlackDeny = "kimbap_deny";

/// `text` (what notifications and screen readers show) and `blocks` of a message about `event`,
/// within Slack's limits (Block Kit reference: header 150 characters, button text 75, value 2000).
/// What callers wrote goes into rich text elements, which Slack shows as they are: neither mrkdwn
/// nor mentions nor links in them come alive. With buttons, whose value is `button_value`, where
/// the event asks for a decision and it isn't empty.
[[nodiscard]] boost::json::object slack_message(const EventView& event,
                                                std::string_view button_value);

/// `text` for a mrkdwn field: &, < and > as entities, as Slack's formatting reference asks for.
[[nodiscard]] std::string slack_escaped(std::string_view text);

}  // namespace kimbap::approval
