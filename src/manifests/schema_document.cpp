#include "manifests/schema_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "manifests/json_value.hpp"
#include "manifests/schema.hpp"

namespace kimbap::manifests {

namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "object", "array",
                                                 "number", "string",  "integer"};
/// Keywords whose value is a schema, a list of schemas, a map of schemas.
constexpr std::array<std::string_view, 9> kOne{
    "items",        "contains", "not",           "if",
    "then",         "else",     "propertyNames", "additionalProperties",
    "contentSchema"};
constexpr std::array<std::string_view, 4> kMany{"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 5> kNamed{"properties", "patternProperties", "$defs",
                                                 "definitions", "dependentSchemas"};
constexpr std::array<std::string_view, 5> kNumbers{"minimum", "maximum", "exclusiveMinimum",
                                                   "exclusiveMaximum", "multipleOf"};
constexpr std::array<std::string_view, 8> kCounts{"minLength",     "maxLength",    "minItems",
                                                  "maxItems",      "minContains",  "maxContains",
                                                  "minProperties", "maxProperties"};
constexpr std::array<std::string_view, 7> kOthers{
    "type", "enum", "const", "pattern", "required", "uniqueItems", "dependentRequired"};

/// The usual annotations, so that they needn't be held against everything that they are not.
constexpr std::array<std::string_view, 8> kAnnotations{
    "description", "default", "title", "format", "examples", "$schema", "$comment", "sensitive"};

/// Keywords that assert something this checker doesn't, and what to write instead: passing over
/// them would let values through that the schema forbids.
struct Unsupported {
    std::string_view key;
    std::string_view instead;
};
constexpr std::array<Unsupported, 8> kUnsupported{{
    {"unevaluatedProperties", "list all properties and use additionalProperties"},
    {"unevaluatedItems", "use items after prefixItems"},
    {"$dynamicRef", "use $ref"},
    {"$recursiveRef", "use $ref"},
    {"$recursiveAnchor", "use $anchor"},
    {"$vocabulary", "remove it"},
    {"dependencies", "use dependentRequired or dependentSchemas"},
    {"additionalItems", "use prefixItems with items"},
}};

bool in(std::string_view word, Words words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_list_of_strings(const json::value& value) {
    const auto* list = value.if_array();
    return list != nullptr && std::all_of(list->begin(), list->end(),
                                          [](const json::value& one) { return one.is_string(); });
}

/// A keyword without what people spell differently: case, '_' and '-'.
std::string bare(std::string_view key) {
    std::string out = to_lower(key);
    std::erase_if(out, [](char c) { return c == '_' || c == '-'; });
    return out;
}

}  // namespace

std::vector<std::string> SchemaDocument::compile() {
    check(root_, Place{}, 0);
    resolve_references();
    return std::move(faults_);
}

const json::value& SchemaDocument::target(std::string_view reference) const {
    return *targets_.find(reference)->second;
}

const re2::RE2& SchemaDocument::pattern(std::string_view text) const {
    return *patterns_.find(text)->second;
}

std::string SchemaDocument::Place::pointer() const {
    return up == nullptr ? std::string(key) : up->pointer() + "/" + escape_pointer(key);
}

void SchemaDocument::fault(Where at, const std::string& message) {
    const std::string pointer = at.pointer();
    faults_.push_back((pointer.empty() ? "/" : pointer) + ": " + message);
}

void SchemaDocument::check(const json::value& schema, Where at, std::size_t depth) {
    checked_.push_back(&schema);
    if (schema.is_bool()) return;
    if (!schema.is_object()) return fault(at, "not a schema (expected a map or a boolean)");
    if (depth > Schema::kMaxDepth) return fault(at, "nested too deeply");
    for (const auto& member : schema.get_object()) {
        const std::string_view key = member.key();
        const Place inner{&at, key};
        if ((key == "$anchor" || key == "$dynamicAnchor") && member.value().is_string()) {
            anchors_.emplace(std::string(member.value().get_string()), &schema);
        } else if (key == "$id" && depth > 0) {
            fault(inner, "a schema within the schema can't have its own $id (use $anchor)");
        } else {
            check_keyword(key, member.value(), inner, depth);
        }
    }
}

void SchemaDocument::check_keyword(std::string_view key, const json::value& value, Where at,
                                   std::size_t depth) {
    if (in(key, kOne)) {
        if (key == "items" && value.is_array()) {
            return fault(at, "not a schema (write a list of schemas under prefixItems)");
        }
        check(value, at, depth + 1);
    } else if (in(key, kMany)) {
        check_list(value, at, depth);
    } else if (in(key, kNamed)) {
        check_map(key, value, at, depth);
    } else if (key == "$ref") {
        check_reference(value, at);
    } else if (in(key, kNumbers) || in(key, kCounts)) {
        check_number(key, value, at);
    } else if (in(key, kOthers)) {
        check_assertion(key, value, at);
    } else if (!in(key, kAnnotations)) {
        check_unknown(key, at);
    }
}

void SchemaDocument::check_list(const json::value& value, Where at, std::size_t depth) {
    if (!value.is_array() || value.get_array().empty()) {
        return fault(at, "not a list of schemas (with at least one)");
    }
    std::size_t index = 0;
    for (const auto& element : value.get_array()) {
        const std::string number = std::to_string(index++);
        check(element, Place{&at, number}, depth + 1);
    }
}

void SchemaDocument::check_map(std::string_view key, const json::value& value, Where at,
                               std::size_t depth) {
    if (!value.is_object()) return fault(at, "not a map of names to schemas");
    for (const auto& member : value.get_object()) {
        const Place inner{&at, member.key()};
        if (key == "patternProperties") add_pattern(member.key(), inner);
        check(member.value(), inner, depth + 1);
    }
}

void SchemaDocument::check_reference(const json::value& value, Where at) {
    if (!value.is_string() || !value.get_string().starts_with('#')) {
        return fault(at, "only references within the schema are supported (like #/$defs/name)");
    }
    references_.emplace_back(at.pointer(), std::string(value.get_string()));
}

void SchemaDocument::check_assertion(std::string_view key, const json::value& value, Where at) {
    if (key == "type") {
        check_type(value, at);
    } else if (key == "enum") {
        if (!value.is_array() || value.get_array().empty()) {
            fault(at, "not a list of values (with at least one)");
        }
    } else if (key == "pattern") {
        if (!value.is_string()) return fault(at, "not a string (quote it)");
        add_pattern(value.get_string(), at);
    } else if (key == "required") {
        if (!is_list_of_strings(value)) {
            fault(at, "not a list of names (write required: [a, b] beside properties)");
        }
    } else if (key == "uniqueItems") {
        if (!value.is_bool()) fault(at, "not a boolean (true or false)");
    } else if (key == "dependentRequired") {
        const auto* map = value.if_object();
        if (map == nullptr || !std::all_of(map->begin(), map->end(), [](const auto& member) {
                return is_list_of_strings(member.value());
            })) {
            fault(at, "not a map of names to lists of names");
        }
    }
}

void SchemaDocument::check_type(const json::value& value, Where at) {
    const auto known = [](const json::value& type) {
        return type.is_string() && in(type.get_string(), kTypes);
    };
    const auto* list = value.if_array();
    const bool right = list != nullptr
                           ? !list->empty() && std::all_of(list->begin(), list->end(), known)
                           : known(value);
    if (!right) {
        fault(at, shown(value) +
                      " is not a type (one of: null, boolean, object, array, number, "
                      "string, integer; or a list of them)");
    }
}

void SchemaDocument::check_number(std::string_view key, const json::value& value, Where at) {
    if (in(key, kCounts)) {
        if (type_of(value) != "integer" || to_number(value) < 0) {
            fault(at, shown(value) + " is not a count (a whole number from 0)");
        }
    } else if (!is_number(value)) {
        fault(at, shown(value) + " is not a number");
    } else if (key == "multipleOf" && to_number(value) <= 0) {
        fault(at, "must be more than 0");
    }
}

/// JSON Schema takes unknown keywords for annotations; one that is a known keyword spelt otherwise
/// (`min_length`) was meant to assert something.
void SchemaDocument::check_unknown(std::string_view key, Where at) {
    for (const auto& [word, instead] : kUnsupported) {
        if (key == word) {
            return fault(at, "this keyword is not supported (" + std::string(instead) + ")");
        }
    }
    const std::string plain = bare(key);
    for (const Words words : {Words(kOne), Words(kMany), Words(kNamed), Words(kNumbers),
                              Words(kCounts), Words(kOthers)}) {
        for (const std::string_view word : words) {
            if (plain == bare(word)) {
                return fault(at, "not a keyword of JSON Schema (did you mean \"" +
                                     std::string(word) + "\"?)");
            }
        }
    }
}

void SchemaDocument::add_pattern(std::string_view pattern, Where at) {
    std::string text(pattern);
    if (patterns_.contains(text)) return;
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_unique<re2::RE2>(text, options);
    if (!compiled->ok()) {
        return fault(at, "the pattern can't be used: " + compiled->error() +
                             " (RE2 syntax: no look-around, no back-references)");
    }
    patterns_.emplace(std::move(text), std::move(compiled));
}

/// A reference may lead to a place that no keyword names as a schema: it is checked then, which can
/// bring up more references.
void SchemaDocument::resolve_references() {
    for (std::size_t i = 0; i < references_.size(); ++i) {
        const auto [pointer, reference] = references_[i];
        const json::value* found = find(reference);
        if (found == nullptr) {
            fault(Place{nullptr, pointer}, "$ref \"" + reference +
                                               "\" leads nowhere (it must name a part of this "
                                               "schema)");
            continue;
        }
        targets_.emplace(reference, found);
        if (std::find(checked_.begin(), checked_.end(), found) == checked_.end()) {
            check(*found, Place{nullptr, reference}, 1);
        }
    }
}

const json::value* SchemaDocument::find(std::string_view reference) const {
    const auto decoded = percent_decode(reference.substr(1));
    if (!decoded) return nullptr;
    std::string_view path = *decoded;
    if (path.empty()) return &root_;
    if (!path.starts_with('/')) {
        const auto anchor = anchors_.find(path);
        return anchor == anchors_.end() ? nullptr : anchor->second;
    }
    const json::value* at = &root_;
    for (const std::string_view token : split(path.substr(1), '/')) {
        if (const auto* object = at->if_object()) {
            at = object->if_contains(unescape_pointer(token));
        } else if (const auto* array = at->if_array()) {
            std::size_t index = 0;
            const auto [end, error] =
                std::from_chars(token.data(), token.data() + token.size(), index);
            const bool right = error == std::errc{} && end == token.data() + token.size();
            at = right && index < array->size() ? &(*array)[index] : nullptr;
        } else {
            return nullptr;
        }
        if (at == nullptr) return nullptr;
    }
    return at;
}

}  // namespace kimbap::manifests
