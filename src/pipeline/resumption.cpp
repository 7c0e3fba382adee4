#include "pipeline/resumption.hpp"

#include "base/json_text.hpp"
#include "identity/identity.hpp"
#include "pipeline/call_state.hpp"
#include "pipeline/outcome.hpp"

namespace kimbap::pipeline {

namespace {

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string{};
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
    std::vector<std::string> out;
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_array()) return out;
    for (const auto& element : value->get_array()) {
        if (element.is_string()) out.emplace_back(element.get_string());
    }
    return out;
}

json::array to_array(const std::vector<std::string>& strings) {
    return json::array(strings.begin(), strings.end());
}

}  // namespace

std::string to_payload(const Call& call) {
    const Caller& caller = call.request.caller;
    json::object out{{"agent", caller.agent},           {"token", caller.token},
                     {"roles", to_array(caller.roles)}, {"client", caller.client},
                     {"tool", call.action->id},         {"arguments", call.request.arguments}};
    if (!call.confirmation.empty()) out["confirmation"] = call.confirmation;
    if (caller.identity) {
        out["token_actions"] = to_array(caller.identity->actions);
        if (caller.identity->expires_at) {
            out["token_expires_at"] = to_unix_micros(*caller.identity->expires_at);
        }
    }
    std::string text;
    append_json(text, out);
    return text;
}

Result<CallRequest> from_payload(std::string_view payload) {
    const auto value = parse_json(payload);
    if (!value || !value->is_object() || !value->get_object().contains("arguments") ||
        !value->at("arguments").is_object()) {
        return make_error(Errc::corrupt, "the suspended call can't be read");
    }
    const json::object& object = value->get_object();
    CallRequest out;
    out.caller.agent = text_at(object, "agent");
    out.caller.token = text_at(object, "token");
    out.caller.roles = texts_at(object, "roles");
    out.caller.client = text_at(object, "client");
    out.tool = text_at(object, "tool");
    out.confirmation = text_at(object, "confirmation");
    out.arguments = object.at("arguments").get_object();
    if (!out.caller.token.empty()) {
        identity::Identity identity;
        identity.token = out.caller.token;
        identity.name = out.caller.agent;
        identity.roles = out.caller.roles;
        identity.actions = texts_at(object, "token_actions");
        if (const json::value* at = object.if_contains("token_expires_at");
            at != nullptr && at->is_int64()) {
            identity.expires_at = from_unix_micros(at->get_int64());
        }
        out.caller.identity = std::make_shared<const identity::Identity>(std::move(identity));
    }
    return out;
}

CallResult result_of(const approval::Collected& collected) {
    const approval::Approval& approval = collected.approval;
    std::string fault;
    if (collected.outcome) {
        if (auto stored = from_outcome(*collected.outcome)) {
            if (!stored->call.empty()) return std::move(*stored);
            fault = std::move(stored->message);
        }
    }
    CallResult out;
    out.call = approval.call;
    out.action = approval.action;
    const bool detached = approval.state() == approval::State::detached;
    out.decision =
        policy::name(detached ? policy::Outcome::allow : policy::Outcome::require_approval);
    out.rule = approval.rule;
    (detached ? out.task : out.approval) = approval.id;
    out.disposition = Disposition::not_approved;
    switch (approval.state()) {
        case approval::State::pending:
            out.disposition = Disposition::pending;
            out.message = "Still waiting for an operator to decide on " + approval.id + ", until " +
                          format_time(approval.expires_at) + ". Ask again later.";
            return out;
        case approval::State::denied:
            out.message = "An operator denied this call (" + approval.id + ").";
            for (const auto& vote : approval.standing.votes) {
                if (!vote.reason.empty()) out.message += " Reason: " + vote.reason;
            }
            return out;
        case approval::State::expired:
            out.message = "The approval " + approval.id + " expired before an operator decided.";
            return out;
        case approval::State::withdrawn:
            out.message = "The request for approval " + approval.id + " was withdrawn.";
            return out;
        case approval::State::approved:
        case approval::State::detached:
            break;
    }
    if (approval.standing.stopping && approval.execution() == approval::Execution::failed) {
        out.disposition = Disposition::cancelled;
        out.message = "The call (" + approval.id + ") was withdrawn before it ran.";
        return out;
    }
    switch (approval.execution()) {
        case approval::Execution::unknown:
            out.disposition = Disposition::failed;
            out.message = (detached ? "The call (" : "The call was approved (") + approval.id +
                          (detached ? ") can't be finished: " : "), but ") +
                          "the process died while it ran: whether it took effect is unknown. "
                          "Check before you try again.";
            return out;
        case approval::Execution::done:
        case approval::Execution::failed:
            out.disposition = Disposition::failed;
            if (fault.empty()) fault = "its outcome is no longer kept";
            out.message = "The call (" + approval.id + ") ";
            out.message += approval.execution() == approval::Execution::done
                               ? "ran and succeeded, but there is nothing to show: "
                               : "failed: ";
            out.message += fault + ". ";
            out.message += approval.execution() == approval::Execution::done ? "Don't repeat it."
                                                                             : "Tell an operator.";
            return out;
        case approval::Execution::executing:
            out.disposition = Disposition::pending;
            out.message = (detached ? "The call (" : "The call was approved (") + approval.id +
                          (detached ? ") runs" : ") and runs") +
                          " now: it may have taken effect already. Ask again.";
            return out;
        default:
            out.disposition = Disposition::pending;
            out.message =
                "The call was approved (" + approval.id + ") and is about to run. Ask again.";
            return out;
    }
}

}  // namespace kimbap::pipeline
