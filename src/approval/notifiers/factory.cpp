#include "approval/notifiers/factory.hpp"

#include <algorithm>
#include <array>

namespace kimbap::approval {

namespace {
constexpr std::array<std::string_view, 3> kLater{"slack", "telegram", "email"};
}

Result<std::unique_ptr<Notifier>> make_notifier(const ChannelConfig& channel, WebhookSender& sender,
                                                SecretLookup secrets, LinkMaker links) {
    const std::string which = "notify entry " + channel.name + ": ";
    if (std::find(kLater.begin(), kLater.end(), channel.type) != kLater.end()) {
        return make_error(Errc::unsupported, which + "type " + channel.type +
                                                 " is not supported in this version (use webhook)");
    }
    if (channel.type != "webhook") {
        return make_error(Errc::invalid_config,
                          which + "unknown type \"" + channel.type + "\" (use webhook)");
    }
    if (channel.url.empty() || channel.secret_ref.empty()) {
        return make_error(Errc::invalid_config, which + "a webhook needs a url and a secret_ref");
    }
    LinkedChannel linked{channel.name,
                         channel.operator_name.empty() ? channel.name : channel.operator_name,
                         std::move(links)};
    return std::unique_ptr<Notifier>(std::make_unique<WebhookNotifier>(
        std::move(linked), channel.url, channel.secret_ref, sender, std::move(secrets)));
}

}  // namespace kimbap::approval
