#pragma once

#include <string>

#include "approval/approval_state.hpp"

namespace kimbap::approval {

/// Somebody pressed a button of a message, as the chat service tells it.
struct ButtonPress {
    std::string entry;     ///< The notify entry that the message is from.
    std::string approval;  ///< apr_…
    Verdict verdict = Verdict::deny;
    std::string account;       ///< Of the service: U123, 4711.
    std::string team;          ///< Of Slack: the account's workspace.
    std::string conversation;  ///< Where the message is.
    std::string query;         ///< Of Telegram: what to answer.
};

}  // namespace kimbap::approval
