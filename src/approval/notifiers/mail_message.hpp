#pragma once

#include <string>
#include <string_view>

#include "approval/event_view.hpp"
#include "base/clock.hpp"

namespace kimbap::approval {

/// What a mail's headers say besides what its event does.
struct MailEnvelope {
    std::string from;
    std::string to;
    std::string message_id;   ///< Without angle brackets; the same on every attempt.
    std::string in_reply_to;  ///< Of the mail that asked; "" where this one does.
    TimePoint date;
};

/// A whole mail about `event` (RFC 5322, multipart/alternative of RFC 2046): plain text and HTML
/// that say the same, with the link where the event has one. What callers wrote can't break out:
/// control characters are spelled out in headers, HTML is escaped, bodies are base64.
[[nodiscard]] std::string mail_message(const EventView& event, const MailEnvelope& envelope);

/// The two bodies, decoded, for tests and for whoever reads mails by hand.
[[nodiscard]] std::string mail_text(const EventView& event);
[[nodiscard]] std::string mail_html(const EventView& event);

/// Whether it may stand in a mail's header and an SMTP command as it is: one bare ASCII address
/// (RFC 5321 section 4.1.2), without display name, quotes or control characters.
[[nodiscard]] bool is_mail_address(std::string_view text) noexcept;

}  // namespace kimbap::approval
