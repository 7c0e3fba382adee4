#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kimbap::approval {

/// An entry of `notify:` in the configuration. Which members matter depends on the type.
struct ChannelConfig {
    std::string name;
    std::string type;  ///< webhook, slack, telegram or email.
    std::string url;   ///< Of a webhook; of Slack's or the Bot API without a slash at its end.
    std::string secret_ref;  ///< Vault name of what it is sent with: signing key, token, password.
    /// Who decides through the links that go there; "" for an operator of the channel's name.
    std::string operator_name{};

    std::string place{};         ///< Slack's conversation, Telegram's chat.
    std::string callback_ref{};  ///< Vault name of what proves where presses of buttons come from.
    std::string team{};          ///< The Slack workspace whose accounts count; "" for any.
    /// Accounts (U…, a Telegram user's number) or mailboxes, and the operators whose they are.
    std::map<std::string, std::string> operators{};

    std::string host{};  ///< Of the mail server.
    std::uint16_t port = 0;
    std::string tls{};  ///< starttls, implicit or none.
    std::string username{};
    std::string from{};
    std::vector<std::string> to{};
};

}  // namespace kimbap::approval
