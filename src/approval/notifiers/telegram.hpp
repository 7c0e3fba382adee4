#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "approval/linked_channel.hpp"
#include "approval/notifier.hpp"
#include "approval/notifiers/api_client.hpp"

namespace kimbap::approval {

inline constexpr std::chrono::seconds kTelegramTimeout{15};
inline constexpr std::string_view kTelegramApi = "https://api.telegram.org";

struct TelegramOptions {
    std::string chat;                   ///< A number, or @channelname.
    std::string secret_ref;             ///< Vault name of the bot's token.
    bool buttons = false;               ///< Whether presses come back (a webhook secret is set).
    std::string api_url{kTelegramApi};  ///< Without a slash at its end.
};

/// What an answer of the Bot API means.
struct TelegramOutcome {
    Delivery delivery;
    bool message_gone = false;  ///< There is no message (any more) that could be edited.
};
/// The receipt is the message's number.
[[nodiscard]] TelegramOutcome telegram_outcome(const ApiAnswer& answer);

/// Where a method of a bot is called. The token is part of the path: never to be logged or shown.
/// Errors: invalid_argument where `token` isn't one, without repeating it.
[[nodiscard]] Result<std::string> telegram_url(std::string_view api_url, std::string_view token,
                                               std::string_view method);

/// Sends a message for each request (sendMessage) and rewrites it with the outcome
/// (editMessageText). A 429 is held to, as `parameters.retry_after` says; a message that Telegram
/// doesn't take is refused for good, what an operator can mend is tried again.
class TelegramNotifier final : public Notifier {
public:
    /// `api` outlives it. The token is opened at each delivery, so that a rotation holds at once.
    TelegramNotifier(LinkedChannel channel, TelegramOptions options, ApiClient& api,
                     SecretLookup secrets);

    [[nodiscard]] const std::string& name() const noexcept override { return channel_.name; }
    [[nodiscard]] Task<Delivery> deliver(const Notification& notification) override;
    [[nodiscard]] std::size_t max_concurrent() const noexcept override { return 2; }
    [[nodiscard]] bool updates_messages() const noexcept override { return true; }

private:
    Task<TelegramOutcome> send(std::string_view method, boost::json::object message);

    LinkedChannel channel_;
    TelegramOptions options_;
    ApiClient& api_;
    SecretLookup secrets_;
};

}  // namespace kimbap::approval
