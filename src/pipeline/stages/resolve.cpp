#include "base/text.hpp"
#include "pipeline/prospect.hpp"
#include "pipeline/stages/stages.hpp"

namespace kimbap::pipeline::stages {

namespace {

std::string unknown(const Call& call) {
    const std::string& tool = call.request.tool;
    const bool by_action = tool.find('.') != std::string::npos;
    std::vector<std::string_view> names;
    for (const auto& action : call.rules->actions->actions()) {
        // Nobody learns from a slip of the pen what else there is.
        if (!may_see(*call.rules, call.request.caller, action)) continue;
        names.emplace_back(by_action ? action.id : action.tool_name);
    }
    return "Unknown tool: " + tool.substr(0, 128) + suggestion(tool, names);
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
