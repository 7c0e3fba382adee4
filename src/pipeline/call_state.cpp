#include "pipeline/call_state.hpp"

#include "base/digest.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "manifests/confirmation.hpp"
#include "pipeline/prospect.hpp"
#include "pipeline/sanitize.hpp"

namespace kimbap::pipeline {

namespace {

const std::vector<std::string>& sensitive_of(const manifests::RegisteredAction* action) {
    static const std::vector<std::string> none;
    return action == nullptr ? none : action->sensitive;
}

}  // namespace

std::string_view name(Disposition disposition) noexcept {
    switch (disposition) {
        case Disposition::succeeded:
            return "succeeded";
        case Disposition::failed:
            return "failed";
        case Disposition::invalid_arguments:
            return "invalid_arguments";
        case Disposition::unknown_tool:
            return "unknown_tool";
        case Disposition::denied:
            return "denied";
        case Disposition::pending:
            return "pending";
        case Disposition::not_approved:
            return "not_approved";
        case Disposition::asked:
            return "asked";
        case Disposition::not_confirmed:
            return "not_confirmed";
        case Disposition::unavailable:
            return "unavailable";
        case Disposition::cancelled:
            return "cancelled";
    }
    return "failed";
}

Call::Call(CallRequest asked, std::shared_ptr<const Rules> in_force)
    : request(std::move(asked)),
      rules(std::move(in_force)),
      confirmation(std::move(request.confirmation)) {
    by_caller_ = request.cancel.on_cancel([source = cancel_]() mutable { source.cancel(); });
    request.cancel = cancel_.token();
    result.call = new_id("call");
    result.action = request.tool;
}

policy::Request Call::policy_request() const {
    policy::Request out = request_about(*action);
    out.agent = request.caller.agent;
    out.token = request.caller.token;
    out.roles = request.caller.roles;
    out.client = request.caller.client;
    out.args = &request.arguments;
    return out;
}

JsonObjectText Call::sanitized_parameters() const {
    // Of a stored call the marks of its request hold as well: its action may be gone by now.
    return sanitized_text(stored == nullptr ? request.arguments : stored->parameters,
                          sensitive_of(action));
}

std::string Call::sanitized_message() const {
    return without_sensitive(result.message, request.arguments, sensitive_of(action));
}

std::string Call::question() const {
    const auto& confirm = action->action->confirm;
    return confirm ? manifests::question(*confirm, request.arguments) : "";
}

std::string Call::binding(std::string_view policy_digest) const {
    const manifests::Auth& auth = action->action->auth;
    json::object whole{
        {"caller", request.caller.key()}, {"action", action->id},
        {"arguments", request.arguments}, {"request", rendered.digest()},
        {"credential", auth.reference()}, {"credential_type", manifests::name(auth.type)},
        {"credential_field", auth.field}, {"credential_prefix", auth.prefix},
        {"policy", policy_digest}};
    if (action->action->confirm) whole["question"] = question();
    return sha256_hex(to_canonical_json(whole));
}

void Call::obey(const async::CancelToken& token) {
    by_claim_ = token.on_cancel([source = cancel_]() mutable { source.cancel(); });
}

void Call::let_go() {
    by_caller_ = {};
}

bool Call::end(Disposition disposition, std::string message) {
    result.disposition = disposition;
    result.message = std::move(message);
    return false;
}

}  // namespace kimbap::pipeline
