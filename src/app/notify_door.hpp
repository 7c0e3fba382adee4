#pragma once

#include <string>
#include <string_view>

#include "app/gateway.hpp"
#include "app/lanes.hpp"
#include "approval/approval.hpp"
#include "approval/notifiers/button_press.hpp"
#include "net/http_server.hpp"

namespace kimbap::app {

/// Where chat services tell of pressed buttons: POST /notify/slack/{entry} and
/// /notify/telegram/{entry}. Nobody is trusted for reaching it: a request counts only where the
/// service's own proof is right (Slack's signature within five minutes, Telegram's secret token),
/// and then only for an account that the entry's `operators` names. The same press told twice is
/// one decision. Thread-safe.
class NotifyDoor {
public:
    /// Both outlive it.
    NotifyDoor(Gateway& gateway, Lanes& lanes) : gateway_(gateway), lanes_(lanes) {}

    [[nodiscard]] static bool serves(std::string_view path) { return path.starts_with("/notify/"); }
    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response);

private:
    /// What became of a press, for the one who pressed.
    struct Answer {
        std::string text;
        bool refused = false;
    };

    [[nodiscard]] const NotifyChannel* entry_at(std::string_view path) const;
    [[nodiscard]] const NotifyChannel* entry_of(const NotifyChannel& at,
                                                const approval::ButtonPress& press) const;
    Task<Result<void>> verify(const NotifyChannel& entry, const net::HttpRequest& request) const;
    Task<Answer> decide(const NotifyChannel& at, const approval::ButtonPress& press,
                        const net::HttpRequest& request);
    /// Says it to the one who pressed a button in Slack, and to nobody else.
    Task<void> whisper(const NotifyChannel& entry, const approval::ButtonPress& press,
                       std::string text);

    Gateway& gateway_;
    Lanes& lanes_;
};

}  // namespace kimbap::app
