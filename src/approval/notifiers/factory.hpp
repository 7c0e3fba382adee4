#pragma once

#include <functional>
#include <memory>

#include "approval/notifier.hpp"
#include "approval/notifiers/api_client.hpp"
#include "approval/notifiers/channel_config.hpp"
#include "approval/notifiers/email.hpp"
#include "approval/notifiers/webhook.hpp"

namespace kimbap::approval {

/// What notifiers work with; `api` outlives them.
struct NotifierMeans {
    ApiClient& api;
    /// Makes what mails through an entry's server.
    std::function<std::unique_ptr<MailSender>(const ChannelConfig&)> mail;
    SecretLookup secrets;
    LinkMaker links{};
};

/// Errors: invalid_config for an unknown type or a missing member.
[[nodiscard]] Result<std::unique_ptr<Notifier>> make_notifier(const ChannelConfig& channel,
                                                              const NotifierMeans& means);

/// Who is told through the entry one by one: an email's mailboxes; of any other only "", itself.
[[nodiscard]] std::vector<std::string> recipients_of(const ChannelConfig& channel);

}  // namespace kimbap::approval
