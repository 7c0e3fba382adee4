#include "manifests/arg_reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/json_text.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/json_value.hpp"
#include "manifests/leniency.hpp"
#include "manifests/output_schema.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/schema.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 6> kArgTypes{"string",  "integer", "number",
                                                    "boolean", "array",   "object"};
/// What `type` goes with and `schema` replaces.
constexpr std::array<std::string_view, 12> kTyping{
    "type",      "minimum", "maximum", "min_length", "max_length", "min_items",
    "max_items", "pattern", "format",  "enum",       "items",      "properties"};

void copy_number(const YamlReader& reader, std::string_view from, json::object& schema,
                 std::string_view to, bool count) {
    const YamlReader value = reader.get(from);
    if (value.absent()) return;
    const json::value number = value.to_json();
    const bool right = count ? number.is_int64() && number.get_int64() >= 0 : is_number(number);
    if (!right) return value.fault(count ? "not a count (0 or more)" : "not a number");
    schema[to] = number;
}

/// Two bounds of one thing, by a manifest's names and by JSON Schema's.
struct Bounds {
    std::string_view least, most;
    std::string_view least_keyword, most_keyword;
    bool counts = true;  ///< Whole numbers from 0.
};
constexpr std::array<Bounds, 3> kBounds{{
    {"minimum", "maximum", "minimum", "maximum", false},
    {"min_length", "max_length", "minLength", "maxLength"},
    {"min_items", "max_items", "minItems", "maxItems"},
}};

void read_bounds(const YamlReader& reader, const Bounds& bounds, json::object& schema) {
    copy_number(reader, bounds.least, schema, bounds.least_keyword, bounds.counts);
    copy_number(reader, bounds.most, schema, bounds.most_keyword, bounds.counts);
    const json::value* const least = schema.if_contains(bounds.least_keyword);
    const json::value* const most = schema.if_contains(bounds.most_keyword);
    if (least == nullptr || most == nullptr) return;
    if (most->to_number<double>() >= least->to_number<double>()) return;
    // It lets nothing pass, which nobody means.
    reader.get(bounds.most)
        .fault("below " + std::string(bounds.least) + ", so that nothing fits (" + to_json(*least) +
               " or more)");
}

/// A scalar where a string is wanted, which may look like another type: `default: 100`.
json::value text_of(const YamlReader& reader) {
    return reader.is_scalar() && !reader.is_null() ? json::value(reader.string())
                                                   : reader.to_json();
}

json::value read_enum(const YamlReader& reader, bool of_strings) {
    json::array values;
    for (const YamlReader& element : reader.elements()) {
        values.push_back(of_strings ? text_of(element) : element.to_json());
    }
    return values;
}

json::object verbatim_schema(const YamlReader& reader, const YamlReader& verbatim) {
    for (const std::string_view key : kTyping) {
        if (const YamlReader also = reader.get(key); !also.absent()) {
            also.fault("not used beside schema (write it into the schema)");
        }
    }
    const json::value schema = verbatim.to_json();
    if (schema.is_object()) return schema.get_object();
    verbatim.fault("not a JSON Schema (expected a map)");
    return {};
}

json::object schema_of(const YamlReader& reader) {
    const YamlReader verbatim = reader.get("schema");
    if (!verbatim.absent()) return verbatim_schema(reader, verbatim);
    const std::size_t kind = read_word(reader.get("type"), kArgTypes, 0);
    json::object schema{{"type", kArgTypes[kind]}};
    for (const Bounds& bounds : kBounds) read_bounds(reader, bounds, schema);
    for (const std::string_view key : {"pattern", "format"}) {
        if (const YamlReader value = reader.get(key); !value.absent()) schema[key] = value.string();
    }
    if (const YamlReader values = reader.get("enum"); values.is_list()) {
        schema["enum"] = read_enum(values, kArgTypes[kind] == "string");
    } else if (!values.absent()) {
        values.fault("not a list (like [a, b])");
    }
    for (const std::string_view key : {"items", "properties"}) {
        const YamlReader value = reader.get(key);
        if (value.is_map()) {
            schema[key] = value.to_json();
        } else if (!value.absent()) {
            value.fault(key == "items" ? "not a schema (like {type: string})"
                                       : "not a map of names to schemas");
        }
    }
    return schema;
}

/// The values that an argument's own keys name have to fit the rest of them.
void check_enum(const YamlReader& reader, const Arg& arg, const Schema& schema) {
    const json::value* const values = arg.schema.if_contains("enum");
    if (values == nullptr || !values->is_array()) return;
    for (const json::value& value : values->get_array()) {
        const auto violations = schema.validate(value);
        if (violations.empty()) continue;
        reader.get("enum").fault(to_json(value) + " does not fit: " + violations[0]);
    }
}

void read_default(const YamlReader& reader, Arg& arg, const Schema& schema) {
    const YamlReader value = reader.get("default");
    if (value.absent()) return;
    const json::value* type = arg.schema.if_contains("type");
    json::value fallback = type != nullptr && *type == "string" ? text_of(value) : value.to_json();
    const auto violations = schema.validate(fallback);
    if (!violations.empty()) value.fault("the default does not fit: " + violations[0]);
    arg.schema["default"] = fallback;
    arg.default_value = std::move(fallback);
}

Arg read_arg(const YamlReader& reader, Faults& warnings) {
    Arg arg;
    if (!reader.expect_map({"name", "type", "required", "default", "description", "minimum",
                            "maximum", "min_length", "max_length", "min_items", "max_items",
                            "pattern", "format", "enum", "items", "properties", "schema",
                            "sensitive", "style"})) {
        return arg;
    }
    arg.name = read_arg_name(reader);
    arg.required = read_flag(reader.get("required"), false);
    arg.sensitive = read_flag(reader.get("sensitive"), false);
    if (const YamlReader style = reader.get("style"); !style.string().empty()) {
        warn(style, warnings, "only for commands, which kimbap doesn't run (remove it)");
    }
    arg.schema = schema_of(reader);
    if (const YamlReader text = reader.get("description"); !text.absent()) {
        arg.schema["description"] = text.string();
    }
    if (reader.get("enum").absent() && reader.get("default").absent()) return arg;
    // Where it doesn't compile, compile_whole() says why.
    if (const auto schema = Schema::compile(arg.schema)) {
        check_enum(reader, arg, *schema);
        read_default(reader, arg, *schema);
    }
    return arg;
}

json::object input_schema_of(const std::vector<Arg>& args) {
    json::object properties;
    json::array required;
    for (const Arg& arg : args) {
        json::value schema(arg.schema);
        rebase_references(schema, "/properties/" + escape_pointer(arg.name));
        properties[arg.name] = std::move(schema);
        if (arg.required && !arg.default_value) required.emplace_back(arg.name);
    }
    json::object schema{
        {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

/// The arguments that a verbatim schema names, so that templates can be checked against it.
std::vector<Arg> args_of(const json::object& schema) {
    std::vector<Arg> args;
    const json::value* properties = schema.if_contains("properties");
    if (properties == nullptr || !properties->is_object()) return args;
    for (const auto& member : properties->get_object()) {
        Arg arg;
        arg.name = member.key();
        if (member.value().is_object()) arg.schema = member.value().get_object();
        // As under `args`, null is no default.
        const json::value* const value = arg.schema.if_contains("default");
        if (value != nullptr && !value->is_null()) arg.default_value = *value;
        args.push_back(std::move(arg));
    }
    return args;
}

void read_verbatim(const YamlReader& source, Action& out) {
    const json::value schema = source.to_json();
    if (!schema.is_object()) return source.fault("not a JSON Schema (expected a map)");
    out.input_schema = schema.get_object();
    out.verbatim_schema = true;
    if (const json::value* type = out.input_schema.if_contains("type");
        type == nullptr || *type != "object") {
        source.fault("the schema of an action's arguments must have type: object");
    }
    auto compiled = Schema::compile(out.input_schema);
    if (compiled) {
        out.compiled = std::move(*compiled);
    } else {
        source.fault(compiled.error().message);
    }
    out.args = args_of(out.input_schema);
}

/// Compiles the schema of all arguments, once, since patterns take their time; only where that
/// fails is each argument looked at for its own faults.
void compile_whole(const YamlReader& args, Action& out) {
    auto compiled = Schema::compile(out.input_schema);
    if (compiled) {
        out.compiled = std::move(*compiled);
        return;
    }
    const std::vector<YamlReader> entries = args.elements();
    bool found = false;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto alone = Schema::compile(out.args[i].schema);
        if (alone) continue;
        entries[i].fault(alone.error().message);
        found = true;
    }
    if (!found) args.fault(compiled.error().message);
}

}  // namespace

std::string read_arg_name(const YamlReader& arg) {
    std::string name = require_text(arg, "name").string();
    if (!name.empty() && sole_placeholder("{" + name + "}").empty()) {
        arg.get("name").fault("\"" + name +
                              "\" can't stand in a template (use letters, digits, _, - and .)");
    }
    return name;
}

void read_args(const YamlReader& action, Action& out, Faults& warnings) {
    const YamlReader verbatim = action.get("schema");
    const YamlReader args = action.get("args");
    if (!verbatim.absent()) {
        if (!args.absent()) args.fault("not used beside schema (keep one of them)");
        return read_verbatim(verbatim, out);
    }
    if (args.is_map()) {
        // `args:` written as a JSON Schema, or holding one, is offered to clients as it stands.
        const YamlReader inner = args.get("schema");
        return read_verbatim(inner.absent() ? args : inner, out);
    }
    std::set<std::string> names;
    for (const YamlReader& entry : args.elements()) {
        Arg arg = read_arg(entry, warnings);
        if (!arg.name.empty() && !names.insert(arg.name).second) {
            entry.fault("a second argument named \"" + arg.name + "\" (rename or remove it)");
        }
        out.args.push_back(std::move(arg));
    }
    out.input_schema = input_schema_of(out.args);
    compile_whole(args, out);
}

}  // namespace kimbap::manifests
