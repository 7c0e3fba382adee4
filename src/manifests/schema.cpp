#include "manifests/schema.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <set>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/decimal.hpp"
#include "manifests/json_value.hpp"
#include "manifests/schema_document.hpp"

namespace kimbap::manifests {

namespace {

/// Alternatives of an anyOf or oneOf whose first violation a message quotes.
constexpr std::size_t kMaxQuoted = 4;

/// Code points of a UTF-8 string, as the length assertions count.
std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

/// One check of one value.
class Checker {
public:
    explicit Checker(const SchemaDocument& document) : document_(document) {}

    std::vector<std::string> run(const json::value& value) {
        Violations out;
        check(document_.root(), value, "", out, 0);
        // Whatever was found, or not found, after giving up means nothing.
        if (!gave_up_.empty()) return {"/: can't be checked: " + gave_up_};
        return out;
    }

private:
    using Violations = std::vector<std::string>;
    using Where = const std::string&;

    static void violate(Violations& out, Where at, const std::string& message) {
        if (out.size() < Schema::kMaxViolations) {
            out.push_back((at.empty() ? "/" : at) + ": " + message);
        }
    }

    bool holds(const json::value& schema, const json::value& value, std::size_t depth) {
        Violations none;
        check(schema, value, "", none, depth);
        return none.empty();
    }

    void check(const json::value& schema, const json::value& value, Where at, Violations& out,
               std::size_t depth) {
        if (!gave_up_.empty()) return;
        if (depth > Schema::kMaxDepth) {
            gave_up_ = "the schema recurses too deeply (nest the value less)";
        } else if (++steps_ > Schema::kMaxSteps) {
            gave_up_ = "it takes too many steps (make the value smaller)";
        } else if (schema.is_bool()) {
            if (!schema.get_bool()) violate(out, at, "is not allowed here (remove it)");
        } else {
            check_keywords(schema.get_object(), value, at, out, depth);
        }
    }

    void check_keywords(const json::object& schema, const json::value& value, Where at,
                        Violations& out, std::size_t depth) {
        if (const json::value* reference = schema.if_contains("$ref")) {
            check(document_.target(reference->get_string()), value, at, out, depth + 1);
        }
        if (!check_type(schema, value, at, out)) return;
        check_enumerated(schema, value, at, out);
        if (is_number(value)) check_number(schema, value, at, out);
        if (value.is_string()) check_string(schema, value.get_string(), at, out);
        if (value.is_array()) check_array(schema, value.get_array(), at, out, depth);
        if (value.is_object()) check_object(schema, value, at, out, depth);
        check_combined(schema, value, at, out, depth);
    }

    static bool check_type(const json::object& schema, const json::value& value, Where at,
                           Violations& out) {
        const json::value* type = schema.if_contains("type");
        if (type == nullptr) return true;
        const auto fits = [&](const json::value& one) { return has_type(value, one.get_string()); };
        const auto* list = type->if_array();
        if (list == nullptr ? fits(*type) : std::any_of(list->begin(), list->end(), fits)) {
            // Beyond 64 bits its digits are lost already: another number would be sent.
            const bool kept = list != nullptr || *type != "integer" || fits_64_bits(value);
            if (!kept) violate(out, at, "is too large (whole numbers have at most 64 bits)");
            return kept;
        }
        std::vector<std::string> wanted;
        if (list == nullptr) wanted.emplace_back(type->get_string());
        if (list != nullptr) {
            for (const auto& one : *list) wanted.emplace_back(one.get_string());
        }
        violate(out, at,
                "must be of type " + join(wanted, " or ") + " (is " + std::string(type_of(value)) +
                    ")" + hint(wanted, value));
        return false;
    }

    /// What a model most likely did when it sent the wrong type.
    static std::string hint(const std::vector<std::string>& wanted, const json::value& value) {
        if (wanted.size() != 1) return "";
        const std::string& type = wanted[0];
        if (is_number(value) && type == "string") return ": pass it in quotes";
        if (!value.is_string()) return "";
        if (type == "integer" || type == "number" || type == "boolean") {
            return ": pass it without quotes";
        }
        return type == "array" || type == "object" ? ": pass it as JSON, not as a string" : "";
    }

    static void check_enumerated(const json::object& schema, const json::value& value, Where at,
                                 Violations& out) {
        if (const json::value* list = schema.if_contains("enum")) {
            const auto& allowed = list->get_array();
            if (std::none_of(allowed.begin(), allowed.end(),
                             [&](const auto& one) { return equal(one, value); })) {
                violate(out, at, shown(value) + " is not one of " + listed(allowed));
            }
        }
        if (const json::value* constant = schema.if_contains("const")) {
            if (!equal(*constant, value)) violate(out, at, "must be " + shown(*constant));
        }
    }

    /// All values that are allowed, as long as they are not too many to read.
    static std::string listed(const json::array& values) {
        constexpr std::size_t kMost = 50;
        std::vector<std::string> out;
        for (const auto& value : values) {
            if (out.size() == kMost) {
                out.push_back("… (" + std::to_string(values.size() - kMost) + " more)");
                break;
            }
            out.push_back(shown(value));
        }
        return join(out, ", ");
    }

    static std::optional<long double> limit(const json::object& schema, std::string_view key) {
        const json::value* value = schema.if_contains(key);
        if (value == nullptr) return std::nullopt;
        return to_number(*value);
    }

    static void check_number(const json::object& schema, const json::value& value, Where at,
                             Violations& out) {
        const long double number = to_number(value);
        const auto text = [&](std::string_view key) {
            return shown(schema.at(key)) + " (is " + shown(value) + ")";
        };
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
        const json::value* step = schema.if_contains("multipleOf");
        if (step != nullptr && !is_multiple(value, *step)) {
            violate(out, at, "must be a multiple of " + text("multipleOf"));
        }
    }

    /// Holds a size against a pair of limits.
    static void check_size(const json::object& schema, std::size_t size, std::string_view least_key,
                           std::string_view most_key, std::string_view noun, Where at,
                           Violations& out) {
        const auto count = static_cast<long double>(size);
        const auto text = [&](std::string_view key) {
            return shown(schema.at(key)) + " " + std::string(noun) + " (has " +
                   std::to_string(size) + ")";
        };
        if (const auto least = limit(schema, least_key); least && count < *least) {
            violate(out, at, "must have at least " + text(least_key));
        }
        if (const auto most = limit(schema, most_key); most && count > *most) {
            violate(out, at, "must have at most " + text(most_key));
        }
    }

    void check_string(const json::object& schema, std::string_view text, Where at,
                      Violations& out) const {
        if (schema.contains("minLength") || schema.contains("maxLength")) {
            check_size(schema, code_points(text), "minLength", "maxLength", "characters", at, out);
        }
        if (const json::value* pattern = schema.if_contains("pattern")) {
            if (!matches(pattern->get_string(), text)) {
                violate(out, at, "must match the pattern " + to_json(*pattern));
            }
        }
    }

    [[nodiscard]] bool matches(std::string_view pattern, std::string_view text) const {
        return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                                      document_.pattern(pattern));
    }

    void check_array(const json::object& schema, const json::array& array, Where at,
                     Violations& out, std::size_t depth) {
        check_size(schema, array.size(), "minItems", "maxItems", "items", at, out);
        const json::value* unique = schema.if_contains("uniqueItems");
        if (unique != nullptr && unique->get_bool()) check_unique(array, at, out);
        std::size_t next = 0;
        if (const json::value* prefix = schema.if_contains("prefixItems")) {
            for (const auto& one : prefix->get_array()) {
                if (next >= array.size()) break;
                check(one, array[next], at + "/" + std::to_string(next), out, depth + 1);
                ++next;
            }
        }
        if (const json::value* items = schema.if_contains("items")) {
            for (; next < array.size() && out.size() < Schema::kMaxViolations; ++next) {
                check(*items, array[next], at + "/" + std::to_string(next), out, depth + 1);
            }
        }
        if (schema.contains("contains")) check_contains(schema, array, at, out, depth);
    }

    static void check_unique(const json::array& array, Where at, Violations& out) {
        std::set<std::string> seen;
        for (const auto& element : array) {
            if (!seen.insert(to_canonical_json(with_integers(element))).second) {
                return violate(out, at, "must not have equal items: " + shown(element));
            }
        }
    }

    void check_contains(const json::object& schema, const json::array& array, Where at,
                        Violations& out, std::size_t depth) {
        const json::value& contains = schema.at("contains");
        long double count = 0;
        for (const auto& element : array) count += holds(contains, element, depth + 1) ? 1 : 0;
        if (count < limit(schema, "minContains").value_or(1)) {
            violate(out, at, "has too few items that fit " + shown(contains));
        }
        if (const auto most = limit(schema, "maxContains"); most && count > *most) {
            violate(out, at, "has too many items that fit " + shown(contains));
        }
    }

    void check_object(const json::object& schema, const json::value& value, Where at,
                      Violations& out, std::size_t depth) {
        const json::object& object = value.get_object();
        check_size(schema, object.size(), "minProperties", "maxProperties", "members", at, out);
        if (const json::value* required = schema.if_contains("required")) {
            check_required(schema, required->get_array(), object, at, out);
        }
        if (const json::value* names = schema.if_contains("propertyNames")) {
            for (const auto& member : object) {
                const json::value name(member.key());
                check(*names, name, at + "/" + escape_pointer(member.key()), out, depth + 1);
            }
        }
        for (const auto& member : object) {
            if (out.size() >= Schema::kMaxViolations) break;
            check_member(schema, member, at, out, depth);
        }
        check_dependent(schema, value, at, out, depth);
    }

    static void check_required(const json::object& schema, const json::array& required,
                               const json::object& object, Where at, Violations& out) {
        for (const auto& name : required) {
            if (object.contains(name.get_string())) continue;
            violate(out, at + "/" + escape_pointer(name.get_string()),
                    "is required" + described(schema, name.get_string()));
        }
    }

    /// " (a string: Name of the shop)", as far as the schema says.
    static std::string described(const json::object& schema, std::string_view name) {
        const json::value* properties = schema.if_contains("properties");
        const json::value* one =
            properties == nullptr ? nullptr : properties->get_object().if_contains(name);
        if (one == nullptr || !one->is_object()) return "";
        const json::value* type = one->get_object().if_contains("type");
        const json::value* text = one->get_object().if_contains("description");
        std::vector<std::string> parts;
        if (type != nullptr && type->is_string()) parts.emplace_back(type->get_string());
        if (text != nullptr && text->is_string()) parts.emplace_back(text->get_string());
        return parts.empty() ? "" : " (" + join(parts, ": ") + ")";
    }

    void check_member(const json::object& schema, const json::key_value_pair& member, Where at,
                      Violations& out, std::size_t depth) {
        const std::string inner = at + "/" + escape_pointer(member.key());
        bool known = false;
        const json::value* properties = schema.if_contains("properties");
        if (properties != nullptr) {
            if (const json::value* one = properties->get_object().if_contains(member.key())) {
                known = true;
                check(*one, member.value(), inner, out, depth + 1);
            }
        }
        if (const json::value* by_pattern = schema.if_contains("patternProperties")) {
            for (const auto& one : by_pattern->get_object()) {
                if (!matches(one.key(), member.key())) continue;
                known = true;
                check(one.value(), member.value(), inner, out, depth + 1);
            }
        }
        const json::value* additional = schema.if_contains("additionalProperties");
        if (known || additional == nullptr) return;
        if (additional->is_bool() && !additional->get_bool()) {
            violate(out, inner, "is not known" + expected(properties, member.key()));
        } else {
            check(*additional, member.value(), inner, out, depth + 1);
        }
    }

    static std::string expected(const json::value* properties, std::string_view key) {
        std::vector<std::string_view> names;
        if (properties != nullptr) {
            for (const auto& one : properties->get_object()) names.push_back(one.key());
        }
        if (names.empty()) return " (nothing is expected here)";
        return suggestion(
            key, names,
            "known: " + join(std::vector<std::string>(names.begin(), names.end()), ", "));
    }

    void check_dependent(const json::object& schema, const json::value& value, Where at,
                         Violations& out, std::size_t depth) {
        const json::object& object = value.get_object();
        if (const json::value* dependent = schema.if_contains("dependentRequired")) {
            for (const auto& one : dependent->get_object()) {
                if (!object.contains(one.key())) continue;
                check_required(schema, one.value().get_array(), object, at, out);
            }
        }
        if (const json::value* dependent = schema.if_contains("dependentSchemas")) {
            for (const auto& one : dependent->get_object()) {
                if (object.contains(one.key())) check(one.value(), value, at, out, depth + 1);
            }
        }
    }

    void check_combined(const json::object& schema, const json::value& value, Where at,
                        Violations& out, std::size_t depth) {
        if (const json::value* all = schema.if_contains("allOf")) {
            for (const auto& one : all->get_array()) check(one, value, at, out, depth + 1);
        }
        if (const json::value* any = schema.if_contains("anyOf")) {
            const auto [fitting, why] = count(any->get_array(), value, at, depth);
            if (fitting == 0) violate(out, at, "fits none of the alternatives: " + why);
        }
        if (const json::value* one = schema.if_contains("oneOf")) {
            const auto [fitting, why] = count(one->get_array(), value, at, depth);
            if (fitting == 0) violate(out, at, "fits none of the alternatives: " + why);
            if (fitting > 1) {
                violate(out, at,
                        "fits " + std::to_string(fitting) +
                            " alternatives, but must fit exactly one of " + shown(*one));
            }
        }
        if (const json::value* no = schema.if_contains("not");
            no != nullptr && holds(*no, value, depth + 1)) {
            violate(out, at, "must not fit " + shown(*no));
        }
        if (const json::value* condition = schema.if_contains("if")) {
            const char* branch = holds(*condition, value, depth + 1) ? "then" : "else";
            if (const json::value* next = schema.if_contains(branch)) {
                check(*next, value, at, out, depth + 1);
            }
        }
    }

    /// How many alternatives a value fits, and why it doesn't fit the first few.
    std::pair<std::size_t, std::string> count(const json::array& alternatives,
                                              const json::value& value, Where at,
                                              std::size_t depth) {
        std::size_t fitting = 0;
        std::vector<std::string> why;
        for (std::size_t i = 0; i < alternatives.size(); ++i) {
            Violations found;
            check(alternatives[i], value, at, found, depth + 1);
            if (found.empty()) {
                ++fitting;
            } else if (why.size() < kMaxQuoted) {
                why.push_back("(" + std::to_string(i + 1) + ") " + found[0]);
            }
        }
        return {fitting, join(why, "; ")};
    }

    const SchemaDocument& document_;
    std::size_t steps_ = 0;
    std::string gave_up_;  ///< Why; "" while all goes well.
};

}  // namespace

Schema::Schema(std::shared_ptr<const SchemaDocument> document) : document_(std::move(document)) {}

Result<Schema> Schema::compile(json::object document) {
    auto compiled = std::make_shared<SchemaDocument>(std::move(document));
    const std::vector<std::string> faults = compiled->compile();
    if (!faults.empty()) return make_error(Errc::invalid_config, join(faults, "; "));
    return Schema(std::move(compiled));
}

std::vector<std::string> Schema::validate(const json::value& value) const {
    return Checker(*document_).run(value);
}

}  // namespace kimbap::manifests
