#include "manifests/recipe_reader.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "manifests/arg_reader.hpp"

namespace kimbap::manifests {

namespace {

RecipeArg read_recipe_arg(const YamlReader& reader) {
    RecipeArg arg;
    if (!reader.expect_map({"name", "description", "required", "enum"})) return arg;
    arg.name = read_arg_name(reader);
    arg.description = reader.get("description").string();
    arg.required = reader.get("required").boolean(false);
    const YamlReader choices = reader.get("enum");
    for (const YamlReader& choice : choices.elements()) arg.choices.push_back(choice.string());
    if (choices.is_list() && arg.choices.empty()) choices.fault("allows nothing (like [a, b])");
    return arg;
}

}  // namespace

Recipe read_recipe(const YamlReader& reader) {
    Recipe recipe;
    if (!reader.expect_map({"name", "description", "args", "steps"})) return recipe;
    recipe.name = reader.require("name").string();
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
    return recipe;
}

}  // namespace kimbap::manifests
