#pragma once

#include <memory>
#include <string>

#include "approval/notifier.hpp"
#include "approval/notifiers/webhook.hpp"

namespace kimbap::approval {

/// An entry of `notify:` in the configuration.
struct ChannelConfig {
    std::string name;
    std::string
        type;  ///< webhook; slack, telegram and email have their place, but not yet a notifier.
    std::string url;
    std::string secret_ref;
    /// Who decides through the links that go there; "" for an operator of the channel's name.
    std::string operator_name{};
};

/// Errors: unsupported for a type that this version can't notify; invalid_config for an unknown one
/// or a missing member.
[[nodiscard]] Result<std::unique_ptr<Notifier>> make_notifier(const ChannelConfig& channel,
                                                              WebhookSender& sender,
                                                              SecretLookup secrets,
                                                              LinkMaker links = {});

}  // namespace kimbap::approval
