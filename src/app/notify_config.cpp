#include "app/notify_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "approval/notifiers/mail_message.hpp"
#include "approval/notifiers/slack.hpp"
#include "approval/notifiers/telegram.hpp"
#include "base/text.hpp"
#include "net/url.hpp"

namespace kimbap::app {

namespace {

using approval::ChannelConfig;

constexpr std::array<std::string_view, 4> kTypes{"webhook", "slack", "telegram", "email"};
constexpr std::array<std::string_view, 3> kTls{"starttls", "implicit", "none"};
constexpr std::size_t kMaxName = 64;

bool digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// An identifier of Slack's: one of `kinds`, then capital letters and digits.
bool slack_id(std::string_view text, std::string_view kinds) {
    return text.size() >= 2 && kinds.find(text[0]) != std::string_view::npos &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

/// A name that can stand in a URL's path and in a metric's label.
bool sane_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxName &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

/// A URL that a credential may be sent to: https, or an address of this machine written out.
std::string api_url(const YamlReader& reader, std::string_view fallback) {
    std::string url = reader.string(std::string(fallback));
    while (url.ends_with('/')) url.pop_back();
    const auto parsed = net::parse_url(url);
    if (!parsed) {
        reader.fault(parsed.error().message);
    } else if (!parsed->tls && !parsed->host_is_address) {
        reader.fault("not https (the token would cross the network in the clear)");
    }
    return url;
}

/// `operators: {ACCOUNT: NAME}`.
template <class Check>
void read_operators(const YamlReader& reader, ChannelConfig& channel, Check is_account,
                    std::string_view wanted) {
    if (reader.absent()) return;
    if (!reader.is_map()) {
        reader.fault("not a map (write {" + std::string(wanted) + ": NAME, …})");
        return;
    }
    for (const auto& [account, who] : reader.members()) {
        if (!is_account(account)) {
            who.fault("\"" + account + "\" is not an account (write it like " +
                      std::string(wanted) + ")");
        }
        const std::string name = who.string();
        if (name.empty()) who.fault("empty (name the operator)");
        channel.operators[account] = name;
    }
}

/// Buttons need both: what proves that a press is real, and whose account it is.
void check_buttons(const YamlReader& entry, const ChannelConfig& channel, std::string_view key) {
    if (channel.callback_ref.empty() == channel.operators.empty()) return;
    entry.fault(channel.callback_ref.empty()
                    ? "operators without " + std::string(key) +
                          " (buttons need both: without it nobody can press)"
                    : std::string(key) +
                          " without operators (buttons need both: map accounts to operators)");
}

void read_webhook(const YamlReader& entry, ChannelConfig& channel) {
    entry.expect_map({"name", "type", "url", "secret_ref", "operator"});
    channel.url = entry.require("url").string();
    channel.secret_ref = entry.require("secret_ref").string();
}

void read_slack(const YamlReader& entry, ChannelConfig& channel) {
    entry.expect_map({"name", "type", "channel", "secret_ref", "signing_secret_ref", "team",
                      "operators", "operator", "api_url"});
    channel.place = entry.require("channel").string();
    if (!channel.place.empty() && !slack_id(channel.place, "CGDU")) {
        entry.get("channel").fault("\"" + channel.place +
                                   "\" is not a channel's id (like C0123456789: it is in Slack's "
                                   "\"About\" of the channel)");
    }
    channel.secret_ref = entry.require("secret_ref").string();
    channel.callback_ref = entry.get("signing_secret_ref").string();
    channel.team = entry.get("team").string();
    if (!channel.team.empty() && !slack_id(channel.team, "TE")) {
        entry.get("team").fault("not a workspace's id (like T0123456789)");
    }
    read_operators(
        entry.get("operators"), channel, [](const auto& id) { return slack_id(id, "UW"); },
        "U0123456789");
    check_buttons(entry, channel, "signing_secret_ref");
    channel.url = api_url(entry.get("api_url"), approval::kSlackApi);
}

void read_telegram(const YamlReader& entry, ChannelConfig& channel) {
    entry.expect_map({"name", "type", "chat", "secret_ref", "webhook_secret_ref", "operators",
                      "operator", "api_url"});
    channel.place = entry.require("chat").string();
    const std::string_view number =
        std::string_view(channel.place).substr(channel.place.starts_with('-') ? 1 : 0);
    if (!channel.place.empty() && !digits(number) && !channel.place.starts_with('@')) {
        entry.get("chat").fault("\"" + channel.place +
                                "\" is not a chat (a number like -1001234567890, or @channelname)");
    }
    channel.secret_ref = entry.require("secret_ref").string();
    channel.callback_ref = entry.get("webhook_secret_ref").string();
    read_operators(entry.get("operators"), channel, digits, "123456789");
    check_buttons(entry, channel, "webhook_secret_ref");
    channel.url = api_url(entry.get("api_url"), approval::kTelegramApi);
}

std::string address(const YamlReader& reader) {
    const std::string text = reader.string();
    if (!reader.absent() && !approval::is_mail_address(text)) {
        reader.fault("\"" + text +
                     "\" is not a mail address (write it bare, like ops@example.com)");
    }
    return text;
}

/// "host", "host:port" or "[::1]:port".
void read_server(const YamlReader& reader, ChannelConfig& channel) {
    const std::string text = reader.string();
    channel.port = channel.tls == "implicit" ? 465 : 587;
    std::string_view host = text;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string::npos && text.find(']', colon) == std::string::npos) {
        const char* const end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, channel.port);
        if (error != std::errc{} || rest != end || channel.port == 0) channel.port = 0;
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    channel.host = host;
    const bool sane = std::all_of(host.begin(), host.end(), [](char c) {
        return c > 0x20 && c < 0x7F &&
               std::string_view("/@?#%[]\\\"'<>").find(c) == std::string_view::npos;
    });
    if (channel.port == 0 || host.empty() || !sane) {
        reader.fault("\"" + text + "\" is not a mail server (write it like smtp.example.com:587)");
    }
}

void read_email(const YamlReader& entry, ChannelConfig& channel) {
    entry.expect_map(
        {"name", "type", "server", "tls", "username", "secret_ref", "from", "to", "operators"});
    channel.tls = kTls[entry.get("tls").choice(kTls, 0)];
    read_server(entry.require("server"), channel);
    const bool here =
        channel.host == "localhost" || channel.host.starts_with("127.") || channel.host == "::1";
    if (channel.tls == "none" && !here) {
        entry.get("tls").fault(
            "none is for a relay on this machine (127.0.0.1): the mail, with its links, would "
            "cross the network in the clear (use starttls or implicit)");
    }
    channel.username = entry.get("username").string();
    channel.secret_ref = entry.get("secret_ref").string();
    if (channel.username.empty() != channel.secret_ref.empty()) {
        entry.fault("username and secret_ref belong together (secret_ref names the password)");
    }
    channel.from = address(entry.require("from"));
    for (const std::string& mailbox : entry.get("to").strings()) {
        if (!approval::is_mail_address(mailbox)) {
            entry.get("to").fault("\"" + mailbox +
                                  "\" is not a mail address (like ops@example.com)");
        }
        channel.to.push_back(mailbox);
    }
    read_operators(
        entry.get("operators"), channel,
        [](const auto& mailbox) { return approval::is_mail_address(mailbox); },
        "alice@example.com");
    if (channel.to.empty() && channel.operators.empty()) {
        entry.fault("no recipients (list them in to, or in operators with whose they are)");
    }
}

}  // namespace

std::optional<ChannelConfig> read_channel(const YamlReader& entry) {
    if (!entry.is_map()) {
        entry.fault("not a channel (write {name: …, type: webhook, url: …, secret_ref: …})");
        return std::nullopt;
    }
    ChannelConfig channel;
    channel.type = entry.require("type").string();
    if (std::find(kTypes.begin(), kTypes.end(), channel.type) == kTypes.end()) {
        entry.get("type").fault(
            "unknown channel type \"" + channel.type + "\"" +
            suggestion(channel.type, kTypes, "use webhook, slack, telegram or email"));
        return std::nullopt;
    }
    channel.name = entry.require("name").string();
    if (!channel.name.empty() && !sane_name(channel.name)) {
        entry.get("name").fault("\"" + channel.name +
                                "\" is not a name (letters, digits, - _ . and at most 64 of them)");
    }
    channel.operator_name = entry.get("operator").string();
    if (channel.type == "webhook") read_webhook(entry, channel);
    if (channel.type == "slack") read_slack(entry, channel);
    if (channel.type == "telegram") read_telegram(entry, channel);
    if (channel.type == "email") read_email(entry, channel);
    return channel;
}

}  // namespace kimbap::app
