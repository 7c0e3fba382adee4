#include "app/gateway_docs.hpp"

#include "app/gateway_prompts.hpp"

namespace kimbap::app {

std::string document(const manifests::Service& service,
                     const std::function<bool(const manifests::Action&)>& shown) {
    std::string out = "# " + service.name + "\n\n" + service.description + "\n\n## Actions\n";
    for (const manifests::Action& action : service.actions) {
        if (!shown(action)) continue;
        out += "\n### " + action.name + "\n\n" + action.description +
               "\n\nRisk: " + std::string(manifests::name(action.risk.level)) +
               (action.risk.mutating ? ", changes things" : ", reads") + ".\n";
        for (const std::string& warning : action.warnings) out += "\nWarning: " + warning + "\n";
        for (const manifests::Arg& arg : action.args) {
            out += "\n- `" + arg.name + "`" + (arg.required ? " (required)" : "");
            if (const boost::json::value* text = arg.schema.if_contains("description");
                text != nullptr && text->is_string()) {
                out += ": " + std::string(text->get_string());
            }
        }
        if (!action.args.empty()) out += "\n";
    }
    if (!service.gotchas.empty()) out += "\n## If something goes wrong\n";
    for (const manifests::Gotcha& gotcha : service.gotchas) {
        out += "\n- " + gotcha.symptom + ": " + gotcha.likely_cause + ". " + gotcha.recovery + "\n";
    }
    if (!service.recipes.empty()) out += "\n## Recipes\n";
    for (const manifests::Recipe& recipe : service.recipes) {
        out += "\n" + recipe_text(service, recipe) + "\n";
    }
    return out;
}

}  // namespace kimbap::app
