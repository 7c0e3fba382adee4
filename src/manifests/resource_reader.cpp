#include "manifests/resource_reader.hpp"

#include <algorithm>
#include <array>

#include "manifests/action_reader.hpp"
#include "manifests/uri_template.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 4> kScalars{"string", "integer", "number", "boolean"};

const Arg* find_arg(const Action& action, std::string_view name) {
    const auto found = std::find_if(action.args.begin(), action.args.end(),
                                    [&](const Arg& arg) { return arg.name == name; });
    return found == action.args.end() ? nullptr : &*found;
}

bool is_scalar(const Arg& arg) {
    const json::value* type = arg.schema.if_contains("type");
    if (type == nullptr || !type->is_string()) return true;
    const std::string_view name = type->get_string();
    return std::find(kScalars.begin(), kScalars.end(), name) != kScalars.end();
}

void check_variable(const YamlReader& uri, const Action& action, const std::string& variable) {
    const Arg* arg = find_arg(action, variable);
    if (arg == nullptr) {
        return uri.fault("{" + variable + "} is not an argument (declare it under args)");
    }
    if (arg->sensitive) {
        uri.fault("{" + variable + "} is sensitive, and URIs are shown (leave it out)");
    }
    if (!is_scalar(*arg)) {
        uri.fault("{" + variable +
                  "} is a list or an object (a URI can hold a string, a number or a boolean)");
    }
}

/// Nothing but the URI says what is to be read.
void check_required(const YamlReader& uri, const Action& action,
                    const std::vector<std::string>& variables) {
    const json::value* required = action.input_schema.if_contains("required");
    if (required == nullptr || !required->is_array()) return;
    for (const json::value& name : required->get_array()) {
        if (!name.is_string()) continue;
        const std::string text(name.get_string());
        if (std::find(variables.begin(), variables.end(), text) == variables.end()) {
            uri.fault("the argument \"" + text + "\" is required (put {" + text +
                      "} into the uri, or give it a default)");
        }
    }
}

void check_uri(const YamlReader& uri, const Action& action) {
    const std::string& text = action.resource->uri;
    if (text.empty()) return;
    const auto parsed = UriTemplate::parse(text);
    if (!parsed) return uri.fault(parsed.error().message);
    if (text.starts_with("kimbap:")) {
        return uri.fault("kimbap: is kimbap's own (take another scheme, like the service's name)");
    }
    for (const std::string& variable : parsed->variables()) check_variable(uri, action, variable);
    check_required(uri, action, parsed->variables());
}

}  // namespace

void read_resource(const YamlReader& reader, Action& out) {
    if (reader.absent() || !reader.expect_map({"uri", "name", "description", "mime_type"})) return;
    if (out.method != "GET" || out.risk.mutating) {
        reader.fault("only for actions that read by GET (remove it)");
    }
    ResourceSpec& resource = out.resource.emplace();
    const YamlReader uri = require_text(reader, "uri");
    resource.uri = uri.string();
    resource.name = reader.get("name").string(out.name);
    resource.description = reader.get("description").string(out.description);
    resource.mime_type = reader.get("mime_type").string();
    const YamlReader mime_type = reader.get("mime_type");
    if (!mime_type.absent() && resource.mime_type.find('/') == std::string::npos) {
        mime_type.fault("\"" + resource.mime_type + "\" is not a media type (like text/plain)");
    }
    check_uri(uri, out);
}

}  // namespace kimbap::manifests
