#include "mcp/methods/inputs.hpp"

#include <utility>

namespace kimbap::mcp::methods {
namespace {

ProtocolError internal(std::string message) {
    return {code::kInternalError, std::move(message), {}};
}

/// The capability that a request to the client needs, as dotted name; empty for an unknown method.
std::string_view capability_for(const InputRequired::Request& request) {
    if (request.method == "sampling/createMessage") return "sampling";
    if (request.method == "roots/list") return "roots";
    if (request.method != "elicitation/create") return {};
    const auto* mode = request.params.if_contains("mode");
    const bool url = mode && mode->is_string() && mode->get_string() == "url";
    return url ? "elicitation.url" : "elicitation.form";
}

}  // namespace

std::variant<Inputs, ProtocolError> take_inputs(json::object& params) {
    Inputs inputs;
    if (auto* responses = params.if_contains("inputResponses")) {
        if (!responses->is_object()) return invalid_params("inputResponses must be an object");
        for (const auto& response : responses->get_object()) {
            if (!response.value().is_object()) {
                return invalid_params("inputResponses." + std::string(response.key()) +
                                      " must be an object: the client's result");
            }
        }
        inputs.responses = std::move(responses->get_object());
    }
    if (const auto* state = params.if_contains("requestState")) {
        if (!state->is_string()) return invalid_params("requestState must be a string");
        inputs.state = std::string(state->get_string());
    }
    return inputs;
}

std::optional<ProtocolError> check_inputs_wanted(const InputRequired& wanted,
                                                 const RequestContext& context) {
    if (wanted.requests.empty() && wanted.state.empty()) {
        return internal("The provider asked for input without saying which");
    }
    json::object missing;
    for (const auto& request : wanted.requests) {
        const auto capability = capability_for(request);
        if (capability.empty())
            return internal("The provider asked the client for " + request.method);
        if (context.client_supports(capability)) continue;
        const auto dot = capability.find('.');
        auto& entry = missing[capability.substr(0, dot)];
        if (!entry.is_object()) entry = json::object();
        if (capability == "elicitation.url") entry.get_object()["url"] = json::object();
    }
    if (missing.empty()) return std::nullopt;
    return missing_capability(std::move(missing));
}

std::variant<std::string, ProtocolError> take_string(json::object& params, std::string_view key) {
    const auto* value = params.if_contains(key);
    if (!value || !value->is_string()) {
        return invalid_params("params." + std::string(key) + " must be a string");
    }
    return std::string(value->get_string());
}

std::variant<json::object, ProtocolError> take_object(json::object& params, std::string_view key) {
    auto* value = params.if_contains(key);
    if (!value || value->is_null()) return json::object();
    if (!value->is_object()) {
        return invalid_params("params." + std::string(key) + " must be an object");
    }
    return std::move(value->get_object());
}

}  // namespace kimbap::mcp::methods
