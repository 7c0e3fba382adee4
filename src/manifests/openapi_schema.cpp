#include "manifests/openapi_schema.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

#include "base/text.hpp"
#include "manifests/json_value.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kMaxDepth = 24;
constexpr std::array<std::string_view, 15> kCopied{
    "enum",     "const",       "multipleOf",    "minLength",   "maxLength",
    "format",   "minItems",    "maxItems",      "uniqueItems", "minProperties",
    "required", "description", "maxProperties", "minimum",     "maximum"};

void copy_bounds(const json::object& from, json::object& to) {
    for (const auto& [exclusive, plain] :
         {std::pair{"exclusiveMinimum", "minimum"}, std::pair{"exclusiveMaximum", "maximum"}}) {
        const json::value* value = from.if_contains(exclusive);
        if (value == nullptr) continue;
        if (is_number(*value)) {
            to[exclusive] = *value;
        } else if (*value == true && to.contains(plain)) {  // OpenAPI 3.0
            json::value bound = std::move(to.at(plain));    // a new member would move it
            to.erase(plain);
            to[exclusive] = std::move(bound);
        }
    }
}

void copy_pattern(const json::object& from, json::object& to) {
    const json::value* pattern = from.if_contains("pattern");
    if (pattern == nullptr || !pattern->is_string()) return;
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 compiled(std::string(pattern->get_string()), options);
    if (compiled.ok()) to["pattern"] = *pattern;
}

/// OpenAPI 3.0's `nullable` as a type beside the others.
void allow_null(json::object& schema) {
    if (json::value* type = schema.if_contains("type"); type != nullptr && type->is_string()) {
        *type = json::array{*type, "null"};
    }
    if (json::value* values = schema.if_contains("enum"); values != nullptr) {
        auto& list = values->get_array();
        if (std::find(list.begin(), list.end(), json::value(nullptr)) == list.end()) {
            list.push_back(nullptr);
        }
    }
}

bool read_only(const json::object* schema) {
    const json::value* mark = schema == nullptr ? nullptr : schema->if_contains("readOnly");
    return mark != nullptr && *mark == true;
}

void without_required(json::object& schema, std::string_view name) {
    json::value* required = schema.if_contains("required");
    if (required == nullptr || !required->is_array()) return;
    auto& list = required->get_array();
    list.erase(std::remove(list.begin(), list.end(), json::value(name)), list.end());
    if (list.empty()) schema.erase("required");
}

}  // namespace

const json::value* OpenApiSchemas::target(std::string_view reference) const {
    if (!reference.starts_with("#/")) return nullptr;
    const json::value* at = &document_;
    for (const std::string_view token : split(reference.substr(2), '/')) {
        const auto* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(unescape_pointer(token));
        if (at == nullptr) return nullptr;
    }
    return at;
}

const json::object* OpenApiSchemas::object(const json::value* value) const {
    for (std::size_t hops = 0; value != nullptr && hops < kMaxDepth; ++hops) {
        const auto* object = value->if_object();
        if (object == nullptr) return nullptr;
        const json::value* reference = object->if_contains("$ref");
        if (reference == nullptr || !reference->is_string()) return object;
        value = target(reference->get_string());
    }
    return nullptr;
}

json::object OpenApiSchemas::convert(const json::value& schema) const {
    std::vector<std::string_view> within;
    return convert(schema, within);
}

json::object OpenApiSchemas::convert(const json::value& schema,
                                     std::vector<std::string_view>& within) const {
    const auto* object = schema.if_object();
    if (object == nullptr || within.size() > kMaxDepth) return {};
    const json::value* reference = object->if_contains("$ref");
    std::string_view name;
    const json::value* meant = &schema;
    if (reference != nullptr && reference->is_string()) {
        name = reference->get_string();
        if (std::find(within.begin(), within.end(), name) != within.end()) return {};
        meant = target(name);
        if (meant == nullptr) return {};
    }
    within.push_back(name.empty() ? std::string_view("-") : name);
    // A reference to a reference is one step, too.
    json::object out = name.empty() ? convert_object(*object, within) : convert(*meant, within);
    within.pop_back();
    return out;
}

json::object OpenApiSchemas::convert_object(const json::object& schema,
                                            std::vector<std::string_view>& within) const {
    json::object out;
    if (const json::value* type = schema.if_contains("type")) out["type"] = *type;
    for (const std::string_view key : kCopied) {
        if (const json::value* value = schema.if_contains(key)) out[key] = *value;
    }
    copy_bounds(schema, out);
    copy_pattern(schema, out);
    for (const std::string_view key : {"items", "not", "additionalProperties"}) {
        const json::value* value = schema.if_contains(key);
        if (value == nullptr) continue;
        if (value->is_bool() && key != "not") out[key] = *value;
        if (value->is_object()) out[key] = convert(*value, within);
    }
    for (const std::string_view key : {"allOf", "anyOf", "oneOf", "prefixItems"}) {
        const json::value* list = schema.if_contains(key);
        if (list == nullptr || !list->is_array() || list->get_array().empty()) continue;
        json::array converted;
        for (const auto& one : list->get_array()) converted.emplace_back(convert(one, within));
        out[key] = std::move(converted);
    }
    const json::value* properties = schema.if_contains("properties");
    if (properties != nullptr && properties->is_object()) {
        json::object converted;
        for (const auto& member : properties->get_object()) {
            if (read_only(object(&member.value()))) {
                without_required(out, member.key());
            } else {
                converted[member.key()] = convert(member.value(), within);
            }
        }
        out["properties"] = std::move(converted);
    }
    if (const json::value* nullable = schema.if_contains("nullable");
        nullable != nullptr && *nullable == true) {
        allow_null(out);
    }
    return out;
}

namespace {

/// The fields of an object, possibly none: a part of an `allOf` may add nothing.
std::optional<ObjectShape> fields_of(const json::object& schema) {
    for (const std::string_view key : {"anyOf", "oneOf", "not"}) {
        if (schema.contains(key)) return std::nullopt;
    }
    const json::value* additional = schema.if_contains("additionalProperties");
    if (additional != nullptr && additional->is_object()) return std::nullopt;
    const json::value* type = schema.if_contains("type");
    if (type != nullptr && *type != "object") return std::nullopt;
    ObjectShape out;
    if (const json::value* parts = schema.if_contains("allOf")) {
        for (const auto& part : parts->get_array()) {
            const auto shape = fields_of(part.get_object());
            if (!shape) return std::nullopt;
            for (const auto& member : shape->properties)
                out.properties[member.key()] = member.value();
            out.required.insert(out.required.end(), shape->required.begin(), shape->required.end());
        }
    }
    if (const json::value* properties = schema.if_contains("properties")) {
        for (const auto& member : properties->get_object()) {
            out.properties[member.key()] = member.value();
        }
    }
    if (const json::value* required = schema.if_contains("required");
        required != nullptr && required->is_array()) {
        for (const auto& name : required->get_array()) {
            if (name.is_string()) out.required.emplace_back(name.get_string());
        }
    }
    return out;
}

}  // namespace

std::optional<ObjectShape> object_shape(const json::object& schema) {
    auto out = fields_of(schema);
    if (!out || out->properties.empty()) return std::nullopt;
    return out;
}

}  // namespace kimbap::manifests
