#include "manifests/output_schema.hpp"

#include <algorithm>

namespace kimbap::manifests {

namespace {

constexpr std::size_t kToldViolations = 5;

/// The violation without the advice for who passes arguments: nobody here can follow it.
std::string_view without_advice(std::string_view violation) {
    return violation.substr(0, violation.find(": pass it"));
}

/// Whether `type` (a name or a list of them) is given and leaves objects out.
bool excludes_objects(const json::value* type) {
    if (type == nullptr) return false;
    if (type->is_string()) return *type != "object";
    const auto* types = type->if_array();
    return types != nullptr && std::find(types->begin(), types->end(), "object") == types->end();
}

}  // namespace

std::optional<std::string> broken_promise(const Action& action, const ShapedResponse& shaped) {
    const ResponseSpec& spec = action.response;
    if (!spec.compiled) return std::nullopt;
    std::string message =
        "The service answered, but not with what the manifest promises (response.schema): ";
    if (shaped.kind == ShapedResponse::Kind::json) {
        const auto violations = spec.compiled->validate(shaped.value);
        if (violations.empty()) return std::nullopt;
        for (std::size_t i = 0; i < std::min(violations.size(), kToldViolations); ++i) {
            message += (i == 0 ? "" : "; ") + std::string(without_advice(violations[i]));
        }
    } else {
        message += "the answer is not JSON";
    }
    message += ". Tell an operator.";
    if (action.risk.mutating) {
        message += " The call took effect all the same: do not repeat it.";
    }
    return message;
}

std::optional<json::object> object_schema_of(const json::object& schema) {
    const json::value* type = schema.if_contains("type");
    if (type != nullptr && *type == "object") return schema;
    if (!excludes_objects(type)) return std::nullopt;
    json::object out;
    json::value inner(schema);
    // Only a schema's root names its dialect and itself (JSON Schema core, sections 8.1 and 8.2).
    if (const json::value* dialect = schema.if_contains("$schema")) out["$schema"] = *dialect;
    inner.get_object().erase("$schema");
    inner.get_object().erase("$id");
    rebase_references(inner, "/properties/result");
    out["type"] = "object";
    out["properties"] = json::object{{"result", std::move(inner)}};
    out["required"] = json::array{"result"};
    return out;
}

void rebase_references(json::value& schema, const std::string& root) {
    if (auto* array = schema.if_array()) {
        for (auto& element : *array) rebase_references(element, root);
    }
    auto* object = schema.if_object();
    if (object == nullptr) return;
    for (auto& member : *object) {
        const std::string_view key = member.key();
        if (key == "enum" || key == "const" || key == "default" || key == "examples") continue;
        const auto* reference = key == "$ref" ? member.value().if_string() : nullptr;
        if (reference == nullptr) {
            rebase_references(member.value(), root);
        } else if (*reference == "#" || reference->starts_with("#/")) {
            const std::string moved = "#" + root + std::string(*reference).substr(1);
            member.value() = json::value(moved);
        }
    }
}

}  // namespace kimbap::manifests
