#include "mcp/context.hpp"

#include <cmath>
#include <utility>

#include "base/json_text.hpp"
#include "mcp/jsonrpc.hpp"

namespace kimbap::mcp {
namespace {

const json::object* member_object(const json::object& object, std::string_view key) noexcept {
    const auto* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

/// Whole numbers without a fraction, as people count.
std::string number_text(double number) {
    constexpr double kMaxSafeInteger = 9007199254740991.0;
    if (std::floor(number) == number && std::abs(number) <= kMaxSafeInteger) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    return format_number(number);
}

}  // namespace

RequestContext::RequestContext(Parts parts) : parts_(std::move(parts)) {
    if (const auto* token = parts_.meta.if_contains("progressToken")) {
        progress_token_ = id_text(*token);
    }
}

bool RequestContext::client_supports(std::string_view capability) const noexcept {
    const auto dot = capability.find('.');
    const auto* object = member_object(client_capabilities(), capability.substr(0, dot));
    if (!object || dot == std::string_view::npos) return object != nullptr;
    const auto member = capability.substr(dot + 1);
    if (object->contains(member)) return true;
    // A bare "elicitation" means forms (client/elicitation, Capabilities).
    return capability == "elicitation.form" && object->empty();
}

bool RequestContext::client_supports_extension(std::string_view identifier) const noexcept {
    const auto* extensions = member_object(client_capabilities(), "extensions");
    return extensions && member_object(*extensions, identifier) != nullptr;
}

bool RequestContext::client_supports_tasks() const noexcept {
    if (parts_.task_wish != TaskWish::by_extension) return task_asked();
    return client_supports_extension("io.modelcontextprotocol/tasks");
}

void RequestContext::progress(double progress, std::optional<double> total,
                              std::string_view message) {
    if (!wants_progress() || !parts_.channel || cancelled()) return;
    if (any_progress_ && progress <= last_progress_) return;
    any_progress_ = true;
    last_progress_ = progress;
    std::string params = R"({"progressToken":)";
    params += progress_token_;
    params += R"(,"progress":)";
    params += number_text(progress);
    if (total) {
        params += R"(,"total":)";
        params += number_text(*total);
    }
    if (!message.empty()) {
        params += R"(,"message":)";
        append_json_string(params, message);
    }
    params += '}';
    parts_.channel->notify(notification("notifications/progress", params));
}

bool RequestContext::wants_log(LogLevel level) const noexcept {
    return parts_.log_level && level >= *parts_.log_level;
}

void RequestContext::log(LogLevel level, std::string_view logger, const json::value& data) {
    if (!wants_log(level) || !parts_.channel || cancelled()) return;
    std::string params = R"({"level":")";
    params += name(level);
    params += '"';
    if (!logger.empty()) {
        params += R"(,"logger":)";
        append_json_string(params, logger);
    }
    params += R"(,"data":)";
    append_json(params, data);
    params += '}';
    parts_.channel->notify(notification("notifications/message", params));
}

void RequestContext::release_stream(std::chrono::milliseconds retry) {
    if (parts_.channel) parts_.channel->release_stream(retry);
}

}  // namespace kimbap::mcp
