#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "approval/event_view.hpp"

namespace kimbap::approval {

/// `text`, `parse_mode`, `link_preview_options` and, where the event asks for a decision,
/// `reply_markup` of a Telegram message about `event`, within the Bot API's limits (4096 characters
/// of text, 64 bytes of callback data). What callers wrote is escaped and in code entities, in
/// which neither markup nor links, mentions or commands come alive.
[[nodiscard]] boost::json::object telegram_message(const EventView& event, bool buttons);

/// For HTML parse mode: &, <, > and " as entities.
[[nodiscard]] std::string telegram_escaped(std::string_view text);

/// What a button carries: "a:apr_…" or "d:apr_…".
inline constexpr std::string_view kTelegramApprove = "a:";
inline constexpr std::string_view kTelegramDeny = "d:";

}  // namespace kimbap::approval
