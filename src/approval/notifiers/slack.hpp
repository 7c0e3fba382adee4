#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "approval/linked_channel.hpp"
#include "approval/notifier.hpp"
#include "approval/notifiers/api_client.hpp"

namespace kimbap::approval {

inline constexpr std::chrono::seconds kSlackTimeout{15};
inline constexpr std::string_view kSlackApi = "https://slack.com/api";

struct SlackOptions {
    std::string conversation;        ///< C…, G… or D…: where messages go.
    std::string secret_ref;          ///< Vault name of the bot token, xoxb-….
    bool buttons = false;            ///< Whether clicks come back (a signing secret is set).
    std::string api_url{kSlackApi};  ///< Without a slash at its end.
};

/// What an answer of Slack's Web API means.
struct SlackOutcome {
    Delivery delivery;
    bool message_gone = false;  ///< There is no message (any more) that could be updated.
};
[[nodiscard]] SlackOutcome slack_outcome(const ApiAnswer& answer);

/// Posts a message for each request (chat.postMessage) and rewrites it with the outcome
/// (chat.update). Its receipt is "conversation/ts". A 429 is held to; errors that an operator can
/// mend (a revoked token, a bot that isn't in the conversation) are tried again, a message that
/// Slack doesn't take is refused for good.
class SlackNotifier final : public Notifier {
public:
    /// `api` outlives it. The token is opened at each delivery, so that a rotation holds at once.
    SlackNotifier(LinkedChannel channel, SlackOptions options, ApiClient& api,
                  SecretLookup secrets);

    [[nodiscard]] const std::string& name() const noexcept override { return channel_.name; }
    [[nodiscard]] Task<Delivery> deliver(const Notification& notification) override;
    /// Slack takes about one message a second in a conversation.
    [[nodiscard]] std::size_t max_concurrent() const noexcept override { return 2; }
    [[nodiscard]] bool updates_messages() const noexcept override { return true; }

private:
    Task<SlackOutcome> send(std::string_view method, const boost::json::object& message);

    LinkedChannel channel_;
    SlackOptions options_;
    ApiClient& api_;
    SecretLookup secrets_;
};

/// What the buttons of this entry's messages carry, and Slack gives back: "entry/apr_…".
[[nodiscard]] std::string slack_button_value(std::string_view entry, std::string_view approval);

}  // namespace kimbap::approval
