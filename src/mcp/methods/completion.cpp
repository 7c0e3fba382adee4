#include "mcp/methods/completion.hpp"

#include <utility>

namespace kimbap::mcp::methods {
namespace {

const json::object* object_at(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

const json::string* string_at(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

std::variant<CompletionRequest, ProtocolError> read_completion(const json::object& params) {
    const auto* ref = object_at(params, "ref");
    const auto* type = ref ? string_at(*ref, "type") : nullptr;
    if (!type) return invalid_params("params.ref must be an object with a type");
    CompletionRequest request;
    if (*type == "ref/prompt") {
        request.kind = CompletionRequest::Kind::prompt;
    } else if (*type == "ref/resource") {
        request.kind = CompletionRequest::Kind::resource;
    } else {
        return invalid_params("params.ref.type must be ref/prompt or ref/resource");
    }
    const auto* reference =
        string_at(*ref, request.kind == CompletionRequest::Kind::prompt ? "name" : "uri");
    if (!reference) return invalid_params("params.ref needs a name (prompt) or a uri (resource)");
    request.reference = *reference;

    const auto* argument = object_at(params, "argument");
    const auto* name = argument ? string_at(*argument, "name") : nullptr;
    const auto* value = argument ? string_at(*argument, "value") : nullptr;
    if (!name || !value) return invalid_params("params.argument needs a name and a value");
    request.argument = *name;
    request.value = *value;
    if (const auto* context = object_at(params, "context")) {
        if (const auto* resolved = object_at(*context, "arguments")) {
            request.resolved_arguments = *resolved;
        }
    }
    return request;
}

}  // namespace

Task<Outcome> complete(CompletionProvider& provider, json::object& params,
                       RequestContext& context) {
    auto request = read_completion(params);
    if (auto* error = std::get_if<ProtocolError>(&request)) co_return std::move(*error);
    auto work = provider.complete(context, std::move(std::get<CompletionRequest>(request)));
    auto answer = co_await std::move(work);
    if (auto* error = std::get_if<ProtocolError>(&answer)) co_return std::move(*error);
    auto& result = std::get<CompletionResult>(answer);
    if (result.values.size() > kMaxCompletionValues) {
        if (!result.total) result.total = result.values.size();
        result.values.resize(kMaxCompletionValues);
        result.has_more = true;
    }
    co_return std::move(result);
}

}  // namespace kimbap::mcp::methods
