#include "approval/event.hpp"

#include <boost/json/array.hpp>
#include <utility>

#include "approval/shortened.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"

namespace kimbap::approval {

namespace {

/// Who decided and why, for the events that tell of a decision.
void add_decision(json::object& data, const Standing& standing) {
    json::array operators;
    for (const Vote& vote : standing.votes) {
        const bool counts = (vote.verdict == Verdict::deny) == (standing.state == State::denied);
        if (!counts) continue;
        operators.push_back(json::value(vote.by));
        if (!vote.reason.empty()) data["reason"] = vote.reason;
    }
    if (!operators.empty()) data["operators"] = std::move(operators);
    if (standing.decided_at) data["decided_at"] = format_time(*standing.decided_at);
}

}  // namespace

std::string_view event_type(Effect effect) noexcept {
    switch (effect) {
        case Effect::approved:
            return "approval.approved";
        case Effect::denied:
            return "approval.denied";
        case Effect::expired:
            return "approval.expired";
        case Effect::withdrawn:
            return "approval.withdrawn";
        default:
            return "";
    }
}

std::string event_body(std::string_view type, const Approval& approval, TimePoint now) {
    json::object caller = caller_json(approval.caller);
    Shortened shown_parameters = shorten(approval.parameters);
    json::object data{{"id", approval.id},
                      {"state", name(approval.state())},
                      {"caller", std::move(caller)},
                      {"action", approval.action},
                      {"risk", approval.risk},
                      {"parameters", std::move(shown_parameters.parameters)},
                      {"rule", approval.rule},
                      {"created_at", format_time(approval.created_at)},
                      {"expires_at", format_time(approval.expires_at)}};
    if (shown_parameters.cut) {
        data["parameters_bytes"] = shown_parameters.bytes;
        data["parameters_digest"] = shown_parameters.digest;
    }
    if (approval.state() != State::pending) add_decision(data, approval.standing);
    json::object body{{"type", type}, {"timestamp", format_time(now)}, {"data", std::move(data)}};
    return kimbap::to_json(json::value(std::move(body)));
}

std::vector<store::OutboxRow> outbox_rows(std::string_view type, const Approval& approval,
                                          TimePoint now, const Recipients& recipients) {
    std::vector<store::OutboxRow> rows;
    if (approval.channels.empty()) return rows;
    static const std::vector<std::string> one{""};
    const std::string body = event_body(type, approval, now);
    for (const std::string& channel : approval.channels) {
        const auto several = recipients.find(channel);
        for (const std::string& recipient : several == recipients.end() ? one : several->second) {
            store::OutboxRow row;
            row.id = new_id("evt");
            row.approval_id = approval.id;
            row.channel = channel;
            row.recipient = recipient;
            row.body = body;
            row.state = "pending";
            row.created_at = now;
            row.next_attempt_at = now;
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

}  // namespace kimbap::approval
