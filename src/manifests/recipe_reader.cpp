#include "manifests/recipe_reader.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/arg_reader.hpp"
#include "manifests/leniency.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/uri_template.hpp"

namespace kimbap::manifests {

namespace {

RecipeArg read_recipe_arg(const YamlReader& reader) {
    RecipeArg arg;
    if (!reader.expect_map({"name", "description", "required", "enum"})) return arg;
    arg.name = read_arg_name(reader);
    arg.description = reader.get("description").string();
    arg.required = read_flag(reader.get("required"), false);
    const YamlReader choices = reader.get("enum");
    for (const YamlReader& choice : choices.elements()) arg.choices.push_back(choice.string());
    if (choices.is_list() && arg.choices.empty()) choices.fault("allows nothing (like [a, b])");
    return arg;
}

/// A URI, or an argument that is one.
void check_resource(const YamlReader& reader, const Recipe& recipe) {
    const std::string& uri = recipe.resources.back();
    std::vector<std::string> variables{std::string(sole_placeholder(uri))};
    if (variables[0].empty()) {
        const auto parsed = UriTemplate::parse(uri);
        if (!parsed) return reader.fault(parsed.error().message);
        variables = parsed->variables();
    }
    for (const std::string& variable : variables) {
        const bool known = std::any_of(recipe.args.begin(), recipe.args.end(),
                                       [&](const auto& arg) { return arg.name == variable; });
        if (!known) {
            reader.fault("{" + variable +
                         "} is not an argument (declare it under the recipe's args)");
        }
    }
}

}  // namespace

Recipe read_recipe(const YamlReader& reader) {
    Recipe recipe;
    if (!reader.expect_map({"name", "description", "args", "steps", "resources"})) return recipe;
    recipe.name = require_text(reader, "name").string();
    recipe.description = reader.get("description").string();
    for (const YamlReader& step : reader.get("steps").elements()) {
        recipe.steps.push_back(step.is_scalar() ? step.string() : kimbap::to_json(step.to_json()));
    }
    for (const YamlReader& entry : reader.get("args").elements()) {
        RecipeArg arg = read_recipe_arg(entry);
        const bool repeated =
            std::any_of(recipe.args.begin(), recipe.args.end(),
                        [&](const auto& other) { return other.name == arg.name; });
        if (repeated && !arg.name.empty()) {
            entry.fault("a second argument named \"" + arg.name + "\" (rename or remove it)");
        }
        recipe.args.push_back(std::move(arg));
    }
    for (const YamlReader& entry : reader.get("resources").elements()) {
        recipe.resources.push_back(entry.string());
        check_resource(entry, recipe);
    }
    return recipe;
}

}  // namespace kimbap::manifests
