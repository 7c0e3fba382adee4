#include "approval/notifiers/factory.hpp"

#include "approval/notifiers/slack.hpp"
#include "approval/notifiers/telegram.hpp"

namespace kimbap::approval {

namespace {

using Made = Result<std::unique_ptr<Notifier>>;

Error faulty(const ChannelConfig& channel, const std::string& what) {
    return make_error(Errc::invalid_config, "notify entry " + channel.name + ": " + what);
}

Made webhook(const ChannelConfig& channel, const NotifierMeans& means) {
    if (channel.url.empty() || channel.secret_ref.empty()) {
        return faulty(channel, "a webhook needs a url and a secret_ref");
    }
    LinkedChannel linked{channel.name,
                         channel.operator_name.empty() ? channel.name : channel.operator_name,
                         means.links};
    return std::unique_ptr<Notifier>(std::make_unique<WebhookNotifier>(
        std::move(linked), channel.url, channel.secret_ref, means.api, means.secrets));
}

/// A chat has many readers: its messages carry a link only where the entry says whose it is.
LinkedChannel chat(const ChannelConfig& channel, const NotifierMeans& means) {
    if (channel.operator_name.empty()) return {channel.name, "", {}};
    return {channel.name, channel.operator_name, means.links};
}

Made slack(const ChannelConfig& channel, const NotifierMeans& means) {
    if (channel.place.empty() || channel.secret_ref.empty()) {
        return faulty(channel, "Slack needs a channel and a secret_ref");
    }
    SlackOptions options{channel.place, channel.secret_ref, !channel.callback_ref.empty()};
    if (!channel.url.empty()) options.api_url = channel.url;
    return std::unique_ptr<Notifier>(std::make_unique<SlackNotifier>(
        chat(channel, means), std::move(options), means.api, means.secrets));
}

Made telegram(const ChannelConfig& channel, const NotifierMeans& means) {
    if (channel.place.empty() || channel.secret_ref.empty()) {
        return faulty(channel, "Telegram needs a chat and a secret_ref");
    }
    TelegramOptions options{channel.place, channel.secret_ref, !channel.callback_ref.empty()};
    if (!channel.url.empty()) options.api_url = channel.url;
    return std::unique_ptr<Notifier>(std::make_unique<TelegramNotifier>(
        chat(channel, means), std::move(options), means.api, means.secrets));
}

EmailOptions email_options(const ChannelConfig& channel) {
    return {channel.from, channel.to, channel.operators, channel.secret_ref};
}

Made email(const ChannelConfig& channel, const NotifierMeans& means) {
    if (channel.host.empty() || channel.from.empty() || recipients_of(channel).empty()) {
        return faulty(channel, "email needs a server, from, and recipients");
    }
    return std::unique_ptr<Notifier>(std::make_unique<EmailNotifier>(
        channel.name, email_options(channel), means.mail(channel), means.secrets, means.links));
}

}  // namespace

Result<std::unique_ptr<Notifier>> make_notifier(const ChannelConfig& channel,
                                                const NotifierMeans& means) {
    if (channel.type == "webhook") return webhook(channel, means);
    if (channel.type == "slack") return slack(channel, means);
    if (channel.type == "telegram") return telegram(channel, means);
    if (channel.type == "email") return email(channel, means);
    return faulty(channel,
                  "unknown type \"" + channel.type + "\" (use webhook, slack, telegram or email)");
}

std::vector<std::string> recipients_of(const ChannelConfig& channel) {
    if (channel.type != "email") return {""};
    return mail_recipients(email_options(channel));
}

}  // namespace kimbap::approval
