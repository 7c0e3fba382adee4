#include "app/notify_door.hpp"

#include <algorithm>

#include "app/auth_failures.hpp"
#include "app/http_poster.hpp"
#include "app/lane.hpp"
#include "approval/approval_manager.hpp"
#include "approval/event_view.hpp"
#include "approval/notifiers/slack.hpp"
#include "approval/notifiers/slack_interaction.hpp"
#include "approval/notifiers/slack_message.hpp"
#include "approval/notifiers/telegram_update.hpp"
#include "base/json_text.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/visible.hpp"
#include "operator_api/problem.hpp"
#include "vault/vault.hpp"

namespace kimbap::app {

namespace {

using operator_api::problem;

/// More than any press of a button has.
constexpr std::size_t kMaxBody = 256U << 10;

bool slack(const NotifyChannel& entry) {
    return entry.type == "slack";
}

Result<approval::ButtonPress> read_press(const NotifyChannel& entry, std::string_view body) {
    return slack(entry) ? approval::read_slack_interaction(body)
                        : approval::read_telegram_update(body);
}

/// Whether the message whose button it is stands where the entry's messages go. A direct message
/// to a Slack user has a conversation of its own, and a @channelname a number.
bool right_place(const NotifyChannel& entry, const approval::ButtonPress& press) {
    const bool named = entry.place.starts_with('U') || entry.place.starts_with('@');
    return named || press.conversation == entry.place;
}

std::string outcome_text(const approval::Approval& approval, approval::Verdict verdict) {
    const std::string action = kimbap::visible(approval.action);
    if (verdict == approval::Verdict::deny) return "Denied: " + action + " does not run.";
    if (approval.state() == approval::State::approved) return "Approved: " + action + " runs once.";
    const auto votes =
        std::count_if(approval.standing.votes.begin(), approval.standing.votes.end(),
                      [](const auto& vote) { return vote.verdict == approval::Verdict::approve; });
    return "Your approval is recorded: " + std::to_string(votes) + " of " +
           std::to_string(approval.required) + ". More operators must approve.";
}

net::HttpResponse nothing() {
    net::HttpResponse response;
    response.content_type = "text/plain; charset=utf-8";
    return response;
}

}  // namespace

const NotifyChannel* NotifyDoor::entry_at(std::string_view path) const {
    for (const NotifyChannel& entry : gateway_.config().notify) {
        if (entry.callback_ref.empty()) continue;
        if (path == "/notify/" + entry.type + "/" + entry.name) return &entry;
    }
    return nullptr;
}

/// Slack has one address for all messages of an app: the message says which entry it is from,
/// which counts where both have the app's signing secret in common.
const NotifyChannel* NotifyDoor::entry_of(const NotifyChannel& at,
                                          const approval::ButtonPress& press) const {
    if (!slack(at)) return &at;
    for (const NotifyChannel& entry : gateway_.config().notify) {
        if (slack(entry) && entry.name == press.entry && entry.callback_ref == at.callback_ref) {
            return &entry;
        }
    }
    return nullptr;
}

Task<Result<void>> NotifyDoor::verify(const NotifyChannel& entry,
                                      const net::HttpRequest& request) const {
    auto opening = gateway_.vault().open(entry.callback_ref, gateway_.workers());
    const Result<Secret> secret = co_await std::move(opening);
    if (!secret) {
        log::error("presses of buttons can't be checked",
                   {{"channel", entry.name}, {"error", secret.error().message}});
        co_return make_error(Errc::unavailable, "presses of buttons can't be checked now");
    }
    if (slack(entry)) {
        co_return approval::verify_slack(
            secret->reveal(), request.header("X-Slack-Request-Timestamp"),
            request.header("X-Slack-Signature"), request.body, gateway_.clock().now());
    }
    co_return approval::verify_telegram(secret->reveal(),
                                        request.header("X-Telegram-Bot-Api-Secret-Token"));
}

Task<NotifyDoor::Answer> NotifyDoor::decide(const NotifyChannel& at,
                                            const approval::ButtonPress& press,
                                            const net::HttpRequest& request) {
    const NotifyChannel* const entry = entry_of(at, press);
    if (entry == nullptr || !right_place(*entry, press)) {
        co_return Answer{"This message is not from a channel that kimbap notifies now.", true};
    }
    const auto who = entry->operators.find(press.account);
    const bool team = entry->team.empty() || entry->team == press.team;
    if (who == entry->operators.end() || !team) {
        record_auth_failure(gateway_, request, "operator's account");
        log::warn("an account that is no operator's pressed a button",
                  {{"channel", entry->name}, {"account", kimbap::visible(press.account)}});
        co_return Answer{
            "Your account (" + kimbap::visible(press.account) +
                ") is not an operator's: it is not listed in this channel's operators.",
            true};
    }
    auto finding = gateway_.approvals().find(press.approval);
    const auto found = co_await std::move(finding);
    if (!found) co_return Answer{found.error().message, true};
    const auto& channels = found->channels;
    if (std::find(channels.begin(), channels.end(), entry->name) == channels.end()) {
        co_return Answer{"This approval is not to be given through this channel.", true};
    }
    approval::Operator decider;
    decider.name = who->second;
    decider.channel = entry->name;
    decider.proof = approval::Proof::account;
    decider.account = entry->type + ":" + press.account;
    auto deciding = gateway_.approvals().decide(press.approval, decider, press.verdict, "");
    const auto decided = co_await std::move(deciding);
    if (!decided) co_return Answer{decided.error().message, true};
    co_return Answer{outcome_text(*decided, press.verdict),
                     decided->state() == approval::State::pending};
}

Task<void> NotifyDoor::whisper(const NotifyChannel& entry, const approval::ButtonPress& press,
                               std::string text) {
    auto opening = gateway_.vault().open(entry.secret_ref, gateway_.workers());
    const Result<Secret> token = co_await std::move(opening);
    if (!token) co_return;
    Gateway::Lane* const lane = co_await lanes_.here();
    HttpPoster poster(lane->http);
    json::object message{{"channel", press.conversation},
                         {"user", press.account},
                         {"text", approval::slack_escaped(kimbap::visible(text))}};
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("Authorization", "Bearer " + std::string(trim(token->reveal())));
    auto posting =
        poster.post_json(entry.url + "/chat.postEphemeral", std::move(headers), to_json(message),
                         std::chrono::steady_clock::now() + approval::kSlackTimeout);
    const auto answer = co_await std::move(posting);
    const auto failure = answer ? approval::slack_outcome(*answer).delivery.failure
                                : std::optional<Error>(answer.error());
    if (failure) {
        log::warn("an operator could not be answered in Slack",
                  {{"channel", entry.name}, {"error", failure->message}});
    }
}

Task<void> NotifyDoor::handle(net::HttpRequest& request, net::ResponseWriter& response) {
    const NotifyChannel* const entry = entry_at(request.path());
    std::optional<net::HttpResponse> refusal;
    Result<approval::ButtonPress> press = make_error(Errc::not_found, "");
    if (entry == nullptr) {
        refusal = problem(404, "no entry of notify takes presses of buttons here");
    } else if (request.method != net::http::verb::post) {
        refusal = problem(405, "only POST is taken here");
        refusal->headers.set("Allow", "POST");
    } else if (request.body.size() > kMaxBody) {
        refusal = problem(413, "more than any press of a button has");
    } else {
        auto verifying = verify(*entry, request);
        const Result<void> verified = co_await std::move(verifying);
        if (!verified) {
            record_auth_failure(gateway_, request, entry->type);
            refusal = problem(verified.error());
        } else {
            press = read_press(*entry, request.body);
            if (!press && press.error().code != Errc::not_found) refusal = problem(press.error());
            // Nothing was asked for: a press of the link, a message to the bot.
            if (!press && !refusal) refusal = nothing();
        }
    }
    if (refusal) {
        auto refusing = response.send(std::move(*refusal));
        static_cast<void>(co_await std::move(refusing));
        co_return;
    }
    auto deciding = decide(*entry, *press, request);
    const Answer answer = co_await std::move(deciding);
    net::HttpResponse reply = nothing();
    if (!slack(*entry)) {
        reply = operator_api::json_response(
            approval::telegram_answer(*press, answer.text, answer.refused));
    }
    auto replying = response.send(std::move(reply));
    static_cast<void>(co_await std::move(replying));
    // Slack wants its answer within three seconds: what there is to say comes after it.
    if (slack(*entry) && answer.refused) {
        auto whispering = whisper(*entry, *press, answer.text);
        co_await std::move(whispering);
    }
}

}  // namespace kimbap::app
