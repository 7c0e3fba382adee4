#include "manifests/schema.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 6> kUnsupported{"unevaluatedProperties", "unevaluatedItems",
                                                       "$dynamicRef",           "$recursiveRef",
                                                       "$vocabulary",           "$recursiveAnchor"};
constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "object", "array",
                                                 "number", "string",  "integer"};
/// Keywords whose value is a schema, a list of schemas, or a map of schemas.
constexpr std::array<std::string_view, 9> kOne{
    "items",        "contains", "not",           "if",
    "then",         "else",     "propertyNames", "additionalProperties",
    "contentSchema"};
constexpr std::array<std::string_view, 4> kMany{"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 5> kNamed{"properties", "patternProperties", "$defs",
                                                 "definitions", "dependentSchemas"};

bool in(std::string_view word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string escape_pointer(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::string unescape_pointer(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            out += token[++i] == '1' ? '/' : '~';
        } else {
            out += token[i];
        }
    }
    return out;
}

/// Code points of a UTF-8 string, as the length assertions count.
std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
}

bool is_number(const json::value& value) {
    return value.is_int64() || value.is_uint64() || value.is_double();
}

/// x86-64's long double holds every int64, uint64 and double exactly.
long double to_number(const json::value& value) {
    if (value.is_int64()) return static_cast<long double>(value.get_int64());
    if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
    return static_cast<long double>(value.get_double());
}

std::string_view type_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return "null";
        case json::kind::bool_:
            return "boolean";
        case json::kind::int64:
        case json::kind::uint64:
            return "integer";
        case json::kind::double_:
            return std::nearbyint(value.get_double()) == value.get_double() ? "integer" : "number";
        case json::kind::string:
            return "string";
        case json::kind::array:
            return "array";
        case json::kind::object:
            return "object";
    }
    return "null";
}

bool has_type(const json::value& value, std::string_view type) {
    const std::string_view actual = type_of(value);
    return actual == type || (type == "number" && actual == "integer");
}

bool equal(const json::value& a, const json::value& b) {
    if (is_number(a) && is_number(b)) return to_number(a) == to_number(b);
    if (a.is_array() && b.is_array()) {
        const auto& x = a.get_array();
        const auto& y = b.get_array();
        return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), equal);
    }
    if (a.is_object() && b.is_object()) {
        const auto& x = a.get_object();
        const auto& y = b.get_object();
        return x.size() == y.size() && std::all_of(x.begin(), x.end(), [&](const auto& member) {
                   const json::value* other = y.if_contains(member.key());
                   return other != nullptr && equal(member.value(), *other);
               });
    }
    return a == b;
}

std::string shown(const json::value& value) {
    std::string text = to_json(value);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return text;
}

}  // namespace

class Schema::Impl {
public:
    explicit Impl(json::object document) : root_(std::move(document)) {}

    std::vector<std::string> compile() {
        check(root_, "", 0);
        for (const auto& [pointer, reference] : references_) {
            if (resolve(reference) == nullptr) {
                fault(pointer, "$ref \"" + reference +
                                   "\" leads nowhere (only references within the schema work)");
            }
        }
        return std::move(faults_);
    }

    [[nodiscard]] std::vector<std::string> validate(const json::value& value) const {
        std::vector<std::string> violations;
        check_value(root_, value, "", violations, 0);
        return violations;
    }

private:
    using Violations = std::vector<std::string>;

    void fault(const std::string& pointer, const std::string& message) {
        faults_.push_back((pointer.empty() ? "/" : pointer) + ": " + message);
    }

    void check(const json::value& schema, const std::string& pointer, std::size_t depth) {
        if (schema.is_bool()) return;
        if (!schema.is_object())
            return fault(pointer, "not a schema (expected an object or boolean)");
        if (depth > kMaxDepth) return fault(pointer, "nested too deeply");
        const json::object& object = schema.get_object();
        if (const json::value* anchor = object.if_contains("$anchor");
            anchor != nullptr && anchor->is_string()) {
            anchors_.emplace(std::string(anchor->get_string()), &schema);
        }
        for (const auto& member : object) {
            const std::string_view key = member.key();
            const json::value& value = member.value();
            const std::string at = pointer + "/" + escape_pointer(key);
            if (in(key, kUnsupported)) {
                fault(at, "this keyword is not supported (express it with the others)");
            } else if (in(key, kOne)) {
                check(value, at, depth + 1);
            } else if (in(key, kMany)) {
                check_list(value, at, depth);
            } else if (in(key, kNamed)) {
                check_map(key, value, at, depth);
            } else {
                check_keyword(key, value, at);
            }
        }
    }

    void check_list(const json::value& value, const std::string& at, std::size_t depth) {
        if (!value.is_array() || value.get_array().empty()) {
            return fault(at, "not a list of schemas");
        }
        std::size_t index = 0;
        for (const auto& element : value.get_array()) {
            check(element, at + "/" + std::to_string(index++), depth + 1);
        }
    }

    void check_map(std::string_view key, const json::value& value, const std::string& at,
                   std::size_t depth) {
        if (!value.is_object()) return fault(at, "not a map of schemas");
        for (const auto& member : value.get_object()) {
            const std::string inner = at + "/" + escape_pointer(member.key());
            if (key == "patternProperties") add_pattern(member.key(), inner);
            check(member.value(), inner, depth + 1);
        }
    }

    void check_keyword(std::string_view key, const json::value& value, const std::string& at) {
        if (key == "$ref") {
            if (!value.is_string() || !value.get_string().starts_with('#')) {
                return fault(at, "only references within the schema (\"#…\") are supported");
            }
            references_.emplace_back(at, std::string(value.get_string()));
        } else if (key == "pattern") {
            if (!value.is_string()) return fault(at, "not a string");
            add_pattern(value.get_string(), at);
        } else if (key == "type") {
            const auto known = [](const json::value& type) {
                return type.is_string() && in(type.get_string(), kTypes);
            };
            const bool right = value.is_array() ? std::all_of(value.get_array().begin(),
                                                              value.get_array().end(), known)
                                                : known(value);
            if (!right) {
                fault(at, shown(value) +
                              " is not a type (one of: null, boolean, object, array, "
                              "number, string, integer)");
            }
        } else if (key == "enum" && !value.is_array()) {
            fault(at, "not a list");
        } else if (key == "required" && !value.is_array()) {
            fault(at, "not a list of names (write required: [a, b])");
        }
    }

    void add_pattern(std::string_view pattern, const std::string& at) {
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

    [[nodiscard]] const json::value* resolve(std::string_view reference) const {
        reference.remove_prefix(1);
        if (reference.empty()) return &root_;
        if (!reference.starts_with('/')) {
            const auto anchor = anchors_.find(reference);
            return anchor == anchors_.end() ? nullptr : anchor->second;
        }
        const json::value* at = &root_;
        for (const std::string_view token : split(reference.substr(1), '/')) {
            const std::string key = unescape_pointer(token);
            if (const auto* object = at->if_object()) {
                at = object->if_contains(key);
            } else if (const auto* array = at->if_array()) {
                const std::size_t index =
                    static_cast<std::size_t>(std::strtoul(key.c_str(), nullptr, 10));
                at = index < array->size() ? &(*array)[index] : nullptr;
            } else {
                at = nullptr;
            }
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    // --- checking a value ------------------------------------------------------------------------

    static void violate(Violations& out, const std::string& at, const std::string& message) {
        if (out.size() < kMaxViolations) out.push_back((at.empty() ? "/" : at) + ": " + message);
    }

    bool holds(const json::value& schema, const json::value& value, std::size_t depth) const {
        Violations none;
        check_value(schema, value, "", none, depth);
        return none.empty();
    }

    void check_value(const json::value& schema, const json::value& value, const std::string& at,
                     Violations& out, std::size_t depth) const {
        if (schema.is_bool()) {
            if (!schema.get_bool()) violate(out, at, "is not allowed here");
            return;
        }
        if (schema.is_object()) check_value(schema.get_object(), value, at, out, depth);
    }

    void check_value(const json::object& schema, const json::value& value, const std::string& at,
                     Violations& out, std::size_t depth) const {
        if (depth > kMaxDepth) return violate(out, at, "the schema recurses too deeply");
        if (const json::value* reference = schema.if_contains("$ref")) {
            const json::value* target = resolve(reference->get_string());
            if (target != nullptr) check_value(*target, value, at, out, depth + 1);
        }
        if (!check_type(schema, value, at, out)) return;
        check_enumerated(schema, value, at, out);
        if (is_number(value)) check_number(schema, value, at, out);
        if (value.is_string()) check_string(schema, value.get_string(), at, out);
        if (value.is_array()) check_array(schema, value.get_array(), at, out, depth);
        if (value.is_object()) check_object(schema, value.get_object(), at, out, depth);
        check_combined(schema, value, at, out, depth);
    }

    static bool check_type(const json::object& schema, const json::value& value,
                           const std::string& at, Violations& out) {
        const json::value* type = schema.if_contains("type");
        if (type == nullptr) return true;
        std::vector<std::string> wanted;
        if (type->is_string()) wanted.emplace_back(type->get_string());
        if (const auto* list = type->if_array()) {
            for (const auto& element : *list) wanted.emplace_back(element.get_string());
        }
        for (const std::string& one : wanted) {
            if (has_type(value, one)) return true;
        }
        std::string message =
            "must be of type " + join(wanted, " or ") + " (is " + std::string(type_of(value)) + ")";
        if (value.is_string() && wanted.size() == 1 &&
            (wanted[0] == "integer" || wanted[0] == "number" || wanted[0] == "boolean")) {
            message += ": pass it without quotes";
        }
        violate(out, at, message);
        return false;
    }

    static void check_enumerated(const json::object& schema, const json::value& value,
                                 const std::string& at, Violations& out) {
        if (const json::value* list = schema.if_contains("enum")) {
            const auto& allowed = list->get_array();
            if (std::none_of(allowed.begin(), allowed.end(),
                             [&](const auto& one) { return equal(one, value); })) {
                violate(out, at, shown(value) + " is not one of " + shown(*list));
            }
        }
        if (const json::value* constant = schema.if_contains("const")) {
            if (!equal(*constant, value)) violate(out, at, "must be " + shown(*constant));
        }
    }

    static std::optional<long double> limit(const json::object& schema, std::string_view key) {
        const json::value* value = schema.if_contains(key);
        if (value == nullptr || !is_number(*value)) return std::nullopt;
        return to_number(*value);
    }

    static void check_number(const json::object& schema, const json::value& value,
                             const std::string& at, Violations& out) {
        const long double number = to_number(value);
        const auto text = [&](std::string_view key) { return shown(schema.at(key)); };
        if (const auto minimum = limit(schema, "minimum"); minimum && number < *minimum) {
            violate(out, at, "must be at least " + text("minimum"));
        }
        if (const auto maximum = limit(schema, "maximum"); maximum && number > *maximum) {
            violate(out, at, "must be at most " + text("maximum"));
        }
        if (const auto low = limit(schema, "exclusiveMinimum"); low && number <= *low) {
            violate(out, at, "must be more than " + text("exclusiveMinimum"));
        }
        if (const auto high = limit(schema, "exclusiveMaximum"); high && number >= *high) {
            violate(out, at, "must be less than " + text("exclusiveMaximum"));
        }
        if (const auto step = limit(schema, "multipleOf"); step && *step > 0) {
            const long double rest = std::remainder(number, *step);
            if (std::abs(rest) > *step * 1e-9L) {
                violate(out, at, "must be a multiple of " + text("multipleOf"));
            }
        }
    }

    void check_string(const json::object& schema, std::string_view text, const std::string& at,
                      Violations& out) const {
        const auto length = static_cast<long double>(code_points(text));
        if (const auto least = limit(schema, "minLength"); least && length < *least) {
            violate(out, at, "must have at least " + shown(schema.at("minLength")) + " characters");
        }
        if (const auto most = limit(schema, "maxLength"); most && length > *most) {
            violate(out, at, "must have at most " + shown(schema.at("maxLength")) + " characters");
        }
        if (const json::value* pattern = schema.if_contains("pattern")) {
            if (!matches(pattern->get_string(), text)) {
                violate(out, at, "must match " + shown(*pattern));
            }
        }
    }

    [[nodiscard]] bool matches(std::string_view pattern, std::string_view text) const {
        const auto found = patterns_.find(pattern);
        return found != patterns_.end() &&
               re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *found->second);
    }

    void check_array(const json::object& schema, const json::array& array, const std::string& at,
                     Violations& out, std::size_t depth) const {
        const auto size = static_cast<long double>(array.size());
        if (const auto least = limit(schema, "minItems"); least && size < *least) {
            violate(out, at, "must have at least " + shown(schema.at("minItems")) + " items");
        }
        if (const auto most = limit(schema, "maxItems"); most && size > *most) {
            violate(out, at, "must have at most " + shown(schema.at("maxItems")) + " items");
        }
        if (const json::value* unique = schema.if_contains("uniqueItems");
            unique != nullptr && unique->is_bool() && unique->get_bool()) {
            std::set<std::string> seen;
            for (const auto& element : array) {
                if (!seen.insert(to_canonical_json(element)).second) {
                    violate(out, at, "must not have equal items: " + shown(element));
                    break;
                }
            }
        }
        std::size_t next = 0;
        if (const json::value* prefix = schema.if_contains("prefixItems")) {
            for (const auto& one : prefix->get_array()) {
                if (next >= array.size()) break;
                check_value(one, array[next], at + "/" + std::to_string(next), out, depth + 1);
                ++next;
            }
        }
        if (const json::value* items = schema.if_contains("items")) {
            for (; next < array.size() && out.size() < kMaxViolations; ++next) {
                check_value(*items, array[next], at + "/" + std::to_string(next), out, depth + 1);
            }
        }
        check_contains(schema, array, at, out, depth);
    }

    void check_contains(const json::object& schema, const json::array& array, const std::string& at,
                        Violations& out, std::size_t depth) const {
        const json::value* contains = schema.if_contains("contains");
        if (contains == nullptr) return;
        long double count = 0;
        for (const auto& element : array) count += holds(*contains, element, depth + 1) ? 1 : 0;
        if (count < limit(schema, "minContains").value_or(1)) {
            violate(out, at, "has too few items that match \"contains\"");
        }
        if (const auto most = limit(schema, "maxContains"); most && count > *most) {
            violate(out, at, "has too many items that match \"contains\"");
        }
    }

    void check_object(const json::object& schema, const json::object& object, const std::string& at,
                      Violations& out, std::size_t depth) const {
        const auto size = static_cast<long double>(object.size());
        if (const auto least = limit(schema, "minProperties"); least && size < *least) {
            violate(out, at,
                    "must have at least " + shown(schema.at("minProperties")) + " members");
        }
        if (const auto most = limit(schema, "maxProperties"); most && size > *most) {
            violate(out, at, "must have at most " + shown(schema.at("maxProperties")) + " members");
        }
        if (const json::value* required = schema.if_contains("required")) {
            check_required(*required, object, at, out);
        }
        if (const json::value* names = schema.if_contains("propertyNames")) {
            for (const auto& member : object) {
                check_value(*names, json::value(member.key()),
                            at + "/" + escape_pointer(member.key()), out, depth + 1);
            }
        }
        for (const auto& member : object) check_member(schema, member, at, out, depth);
        check_dependent(schema, object, at, out, depth);
    }

    static void check_required(const json::value& required, const json::object& object,
                               const std::string& at, Violations& out) {
        if (!required.is_array()) return;
        for (const auto& name : required.get_array()) {
            if (name.is_string() && !object.contains(name.get_string())) {
                violate(out, at + "/" + escape_pointer(name.get_string()), "is required");
            }
        }
    }

    void check_member(const json::object& schema, const json::key_value_pair& member,
                      const std::string& at, Violations& out, std::size_t depth) const {
        const std::string inner = at + "/" + escape_pointer(member.key());
        bool known = false;
        const json::value* properties = schema.if_contains("properties");
        if (properties != nullptr) {
            if (const json::value* one = properties->get_object().if_contains(member.key())) {
                known = true;
                check_value(*one, member.value(), inner, out, depth + 1);
            }
        }
        if (const json::value* by_pattern = schema.if_contains("patternProperties")) {
            for (const auto& one : by_pattern->get_object()) {
                if (!matches(one.key(), member.key())) continue;
                known = true;
                check_value(one.value(), member.value(), inner, out, depth + 1);
            }
        }
        const json::value* additional = schema.if_contains("additionalProperties");
        if (known || additional == nullptr) return;
        if (additional->is_bool() && !additional->get_bool()) {
            violate(out, inner, "is not known" + suggestion(properties, member.key()));
        } else {
            check_value(*additional, member.value(), inner, out, depth + 1);
        }
    }

    static std::string suggestion(const json::value* properties, std::string_view key) {
        if (properties == nullptr) return "";
        std::vector<std::string_view> names;
        for (const auto& one : properties->get_object()) names.push_back(one.key());
        if (names.empty()) return " (there are no arguments)";
        const std::string_view near = nearest(key, names);
        if (!near.empty()) return " (did you mean \"" + std::string(near) + "\"?)";
        return " (known: " + join(std::vector<std::string>(names.begin(), names.end()), ", ") + ")";
    }

    void check_dependent(const json::object& schema, const json::object& object,
                         const std::string& at, Violations& out, std::size_t depth) const {
        if (const json::value* dependent = schema.if_contains("dependentRequired");
            dependent != nullptr && dependent->is_object()) {
            for (const auto& one : dependent->get_object()) {
                if (object.contains(one.key())) check_required(one.value(), object, at, out);
            }
        }
        if (const json::value* dependent = schema.if_contains("dependentSchemas")) {
            for (const auto& one : dependent->get_object()) {
                if (object.contains(one.key())) {
                    check_value(one.value(), json::value(object), at, out, depth + 1);
                }
            }
        }
    }

    void check_combined(const json::object& schema, const json::value& value, const std::string& at,
                        Violations& out, std::size_t depth) const {
        if (const json::value* all = schema.if_contains("allOf")) {
            for (const auto& one : all->get_array()) check_value(one, value, at, out, depth + 1);
        }
        const auto count = [&](const json::value& list) {
            return std::count_if(list.get_array().begin(), list.get_array().end(),
                                 [&](const auto& one) { return holds(one, value, depth + 1); });
        };
        if (const json::value* any = schema.if_contains("anyOf");
            any != nullptr && count(*any) == 0) {
            violate(out, at, "fits none of the alternatives in \"anyOf\": " + shown(*any));
        }
        if (const json::value* one = schema.if_contains("oneOf")) {
            const auto fitting = count(*one);
            if (fitting != 1) {
                violate(out, at,
                        "must fit exactly one of the alternatives in \"oneOf\" (fits " +
                            std::to_string(fitting) + "): " + shown(*one));
            }
        }
        if (const json::value* no = schema.if_contains("not");
            no != nullptr && holds(*no, value, depth + 1)) {
            violate(out, at, "fits what \"not\" forbids: " + shown(*no));
        }
        if (const json::value* condition = schema.if_contains("if")) {
            const char* branch = holds(*condition, value, depth + 1) ? "then" : "else";
            if (const json::value* next = schema.if_contains(branch)) {
                check_value(*next, value, at, out, depth + 1);
            }
        }
    }

    const json::value root_;
    std::map<std::string, const json::value*, std::less<>> anchors_;
    std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> patterns_;
    std::vector<std::pair<std::string, std::string>> references_;
    std::vector<std::string> faults_;
};

Schema::Schema(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::compile(json::object document) {
    auto impl = std::make_unique<Impl>(std::move(document));
    const std::vector<std::string> faults = impl->compile();
    if (!faults.empty()) return make_error(Errc::invalid_config, join(faults, "; "));
    return Schema(std::move(impl));
}

std::vector<std::string> Schema::validate(const json::value& value) const {
    return impl_->validate(value);
}

}  // namespace kimbap::manifests
