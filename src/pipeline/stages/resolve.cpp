#include "base/text.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

std::string unknown(const Call& call) {
    std::vector<std::string_view> names;
    for (const auto& action : call.rules->actions->actions()) names.push_back(action.tool_name);
    const std::string_view near = nearest(call.request.tool, names);
    return "Unknown tool: " + call.request.tool.substr(0, 128) +
           (near.empty() ? "" : " (did you mean " + std::string(near) + "?)");
}

}  // namespace

bool resolve(Call& call) {
    call.action = call.rules->actions->find(call.request.tool);
    if (call.action == nullptr) return call.end(Disposition::unknown_tool, unknown(call));
    call.result.action = call.action->id;
    manifests::apply_defaults(*call.action->action, call.request.arguments);
    json::value whole(std::move(call.request.arguments));
    const auto violations = call.action->schema.validate(whole);
    call.request.arguments = std::move(whole.get_object());
    if (!violations.empty()) {
        return call.end(Disposition::invalid_arguments, "Invalid arguments for " + call.action->id +
                                                            ":\n- " + join(violations, "\n- ") +
                                                            "\nCorrect them and call again.");
    }
    auto rendered =
        manifests::render(*call.action->service, *call.action->action, call.request.arguments);
    if (!rendered) {
        return call.end(Disposition::invalid_arguments, "Invalid arguments for " + call.action->id +
                                                            ": " + rendered.error().message +
                                                            ". Correct them and call again.");
    }
    call.rendered = std::move(*rendered);
    return true;
}

}  // namespace kimbap::pipeline::stages
