#include "app/mirrored_headers.hpp"

#include <string_view>
#include <variant>

namespace kimbap::app {

namespace {

/// Most actions have none: looking into the text spares them the walk through their schema.
bool annotated(const manifests::RegisteredAction& action) {
    return action.tool_json.find("\"x-mcp-header\"") != std::string::npos;
}

}  // namespace

std::shared_ptr<const mcp::HeaderParams> mirrored_headers(
    const manifests::RegisteredAction& action) {
    if (!annotated(action)) return nullptr;
    auto read = mcp::header_params_of(action.action->input_schema);
    auto* params = std::get_if<mcp::HeaderParams>(&read);
    if (params == nullptr || params->empty()) return nullptr;
    return std::make_shared<const mcp::HeaderParams>(std::move(*params));
}

Result<void> check_mirrored_headers(const manifests::ActionRegistry& actions) {
    std::string faults;
    for (const auto& action : actions.actions()) {
        if (!annotated(action)) continue;
        const auto read = mcp::header_params_of(action.action->input_schema);
        const auto* error = std::get_if<mcp::ProtocolError>(&read);
        if (error == nullptr) continue;
        faults += (faults.empty() ? "" : "\n") + action.service->file + ": " + action.id + ": " +
                  error->message;
    }
    if (!faults.empty()) return make_error(Errc::invalid_config, faults);
    return {};
}

}  // namespace kimbap::app
