#include "approval/notifiers/slack.hpp"

#include <algorithm>
#include <array>

#include "approval/event_view.hpp"
#include "approval/notifiers/slack_message.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::approval {

namespace {

constexpr std::chrono::seconds kDefaultPause{30};

/// That the message itself isn't acceptable, so that sending it again would not help.
constexpr std::array<std::string_view, 10> kRefusals{
    "invalid_blocks",  "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long",
    "no_text",         "invalid_arguments",     "invalid_arg_name",    "invalid_json",
    "json_not_object", "message_limit_exceeded"};
/// That there is no message any more that could be updated.
constexpr std::array<std::string_view, 4> kNotUpdatable{"message_not_found", "cant_update_message",
                                                        "edit_window_closed", "is_inactive"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// Slack's error codes are words of [a-z_]; anything else is not repeated.
std::string code_of(const json::object& answer) {
    const json::value* const found = answer.if_contains("error");
    if (found == nullptr || !found->is_string()) return "unknown error";
    std::string code(found->get_string());
    const bool word =
        !code.empty() && code.size() <= 60 && std::all_of(code.begin(), code.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
    return word ? code : "unknown error";
}

std::string hint(std::string_view code) {
    if (code == "not_in_channel") return " (invite the bot to the channel)";
    if (code == "channel_not_found") return " (is it the channel's id, and the bot in it?)";
    if (code == "missing_scope") return " (the bot needs the scope chat:write)";
    if (code == "invalid_auth" || code == "not_authed" || code == "token_revoked" ||
        code == "account_inactive" || code == "token_expired") {
        return " (store a valid bot token with `kimbap vault set`)";
    }
    return "";
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* const found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
}

SlackOutcome limited(const ApiAnswer& answer) {
    Delivery delivery(make_error(Errc::rate_limited, "Slack answered: too many requests"));
    delivery.retry_after = answer.retry_after.value_or(kDefaultPause);
    return {std::move(delivery)};
}

SlackOutcome failed(Error error) {
    return {Delivery(std::move(error))};
}

}  // namespace

std::string slack_button_value(std::string_view entry, std::string_view approval) {
    return std::string(entry) + "/" + std::string(approval);
}

SlackOutcome slack_outcome(const ApiAnswer& answer) {
    if (answer.status == 429) return limited(answer);
    const auto parsed = parse_json(answer.body);
    if (answer.status != 200 || !parsed || !parsed->is_object()) {
        return failed(
            make_error(Errc::unavailable, "Slack answered " + std::to_string(answer.status)));
    }
    const json::object& body = parsed->get_object();
    const json::value* const ok = body.if_contains("ok");
    if (ok != nullptr && ok->is_bool() && ok->get_bool()) {
        Delivery delivered;
        const std::string conversation = text_of(body, "channel");
        const std::string ts = text_of(body, "ts");
        if (!conversation.empty() && !ts.empty()) delivered.receipt = conversation + "/" + ts;
        return {std::move(delivered)};
    }
    const std::string code = code_of(body);
    if (code == "ratelimited" || code == "rate_limited") return limited(answer);
    SlackOutcome outcome =
        failed(make_error(among(kRefusals, code) ? Errc::unsupported : Errc::unavailable,
                          "Slack refused: " + code + hint(code)));
    outcome.message_gone = among(kNotUpdatable, code);
    return outcome;
}

SlackNotifier::SlackNotifier(LinkedChannel channel, SlackOptions options, ApiClient& api,
                             SecretLookup secrets)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      api_(api),
      secrets_(std::move(secrets)) {}

Task<SlackOutcome> SlackNotifier::send(std::string_view method, const json::object& message) {
    const auto deadline = std::chrono::steady_clock::now() + kSlackTimeout;
    Task<Result<Secret>> opening = secrets_(options_.secret_ref);
    const Result<Secret> token = co_await std::move(opening);
    if (!token) co_return failed(token.error());
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("Authorization", "Bearer " + std::string(trim(token->reveal())));
    std::string url = options_.api_url + "/" + std::string(method);
    Task<Result<ApiAnswer>> posting =
        api_.post_json(std::move(url), std::move(headers), kimbap::to_json(message), deadline);
    const Result<ApiAnswer> answer = co_await std::move(posting);
    if (!answer) co_return failed(answer.error());
    co_return slack_outcome(*answer);
}

Task<Delivery> SlackNotifier::deliver(const Notification& notification) {
    Task<Result<std::string>> linking = with_decide_url(channel_, notification);
    const Result<std::string> body = co_await std::move(linking);
    if (!body) co_return body.error();
    const Result<EventView> event = read_event(*body);
    if (!event) co_return event.error();
    const std::string value =
        options_.buttons ? slack_button_value(channel_.name, event->id) : std::string();
    json::object message = slack_message(*event, value);
    const std::string& earlier = notification.earlier;
    if (const std::size_t slash = earlier.find('/'); slash != std::string::npos) {
        json::object update = message;
        update["channel"] = std::string_view(earlier).substr(0, slash);
        update["ts"] = std::string_view(earlier).substr(slash + 1);
        Task<SlackOutcome> updating = send("chat.update", update);
        SlackOutcome updated = co_await std::move(updating);
        if (!updated.message_gone) co_return std::move(updated.delivery);
    }
    message["channel"] = options_.conversation;
    message["unfurl_links"] = false;
    message["unfurl_media"] = false;
    Task<SlackOutcome> posting = send("chat.postMessage", message);
    SlackOutcome posted = co_await std::move(posting);
    co_return std::move(posted.delivery);
}

}  // namespace kimbap::approval
