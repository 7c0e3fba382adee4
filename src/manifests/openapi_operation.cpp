#include "manifests/openapi_operation.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <map>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/schema.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kMaxDescription = 500;

const json::object* object_at(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found == nullptr ? nullptr : found->if_object();
}

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

bool true_at(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && *found == true;
}

/// The first paragraph, on one line and not endless.
std::string brief(std::string_view text) {
    text = trim(text.substr(0, text.find("\n\n")));
    std::string out;
    for (const std::string_view line : split(text, '\n')) {
        out += (out.empty() ? "" : " ") + std::string(trim(line));
    }
    if (out.size() <= kMaxDescription) return out;
    const std::size_t end = out.rfind(' ', kMaxDescription);
    if (end != std::string::npos) return out.substr(0, end) + " …";
    return std::string(whole_characters(out, kMaxDescription)) + " …";
}

/// Keys of `args` for a schema that they can say; the rest goes under `schema`.
json::object arg_of(const std::string& name, json::object schema, const std::string& description,
                    bool required) {
    static const std::map<std::string_view, std::string_view> plain{{"type", "type"},
                                                                    {"enum", "enum"},
                                                                    {"minimum", "minimum"},
                                                                    {"maximum", "maximum"},
                                                                    {"minLength", "min_length"},
                                                                    {"maxLength", "max_length"},
                                                                    {"minItems", "min_items"},
                                                                    {"maxItems", "max_items"},
                                                                    {"pattern", "pattern"},
                                                                    {"format", "format"},
                                                                    {"items", "items"}};
    std::string text = description;
    if (text.empty()) text = text_at(schema, "description");
    schema.erase("description");
    const json::value* type = schema.if_contains("type");
    const bool sayable = type != nullptr && type->is_string() && *type != "object" &&
                         std::all_of(schema.begin(), schema.end(), [](const auto& member) {
                             return plain.contains(member.key());
                         });
    json::object out{{"name", name}};
    if (sayable) {
        for (const auto& member : schema) out[plain.at(member.key())] = member.value();
    } else {
        out["schema"] = std::move(schema);
    }
    if (required) out["required"] = true;
    if (!text.empty()) out["description"] = brief(text);
    return out;
}

/// Builds one action's arguments and its request.
class Builder {
public:
    Builder(const OpenApiSchemas& schemas, const OpenApiOperation& operation,
            std::vector<std::string>& notes)
        : schemas_(schemas), operation_(operation), notes_(notes), path_(operation.path) {}

    json::object build() {
        for (const json::object* holder : {operation_.operation, operation_.item}) {
            if (const json::value* servers = holder->if_contains("servers"); servers != nullptr) {
                note("left out: servers of its own serve it (import it as a service of its own)");
                return {};
            }
            const json::value* list = holder->if_contains("parameters");
            if (list == nullptr || !list->is_array()) continue;
            for (const auto& one : list->get_array()) {
                if (const auto* parameter = schemas_.object(&one)) {
                    add_parameter(*parameter);
                } else {
                    note("a parameter that is not in the document is left out");
                }
            }
        }
        add_undeclared();
        const json::value* body = operation_.operation->if_contains("requestBody");
        if (body != nullptr) add_body(schemas_.object(body));
        return unusable_ ? json::object{} : action();
    }

private:
    void note(const std::string& text) {
        notes_.push_back(std::string(operation_.method) + " " + std::string(operation_.path) +
                         ": " + text);
    }

    /// A name that templates take and that no argument has yet.
    std::string free_name(std::string_view wanted) {
        std::string name;
        for (const char c : wanted) {
            const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
            if (fits) {
                name += c;
            } else if (!name.empty() && name.back() != '_') {
                name += '_';
            }
        }
        while (name.ends_with('_')) name.pop_back();
        if (name.empty()) name = "value";
        while (std::find(names_.begin(), names_.end(), name) != names_.end()) name += "_2";
        names_.push_back(name);
        return name;
    }

    void add_arg(const std::string& name, json::object schema, const std::string& description,
                 bool required) {
        if (!Schema::compile(schema)) {
            note("the schema of " + name + " is beyond what is checked: left out");
            schema = {};
        }
        args_.emplace_back(arg_of(name, std::move(schema), description, required));
    }

    json::object schema_of(const json::object& parameter) const {
        if (const json::value* schema = parameter.if_contains("schema")) {
            return schemas_.convert(*schema);
        }
        return {};
    }

    void add_parameter(const json::object& parameter) {
        const std::string name = text_at(parameter, "name");
        const std::string in = text_at(parameter, "in");
        // The operation's own parameters come first and replace the path's.
        if (std::find(seen_.begin(), seen_.end(), in + " " + name) != seen_.end()) return;
        seen_.push_back(in + " " + name);
        const bool ignored =
            in == "header" && (iequals(name, "Accept") || iequals(name, "Authorization") ||
                               iequals(name, "Content-Type"));
        if (ignored) return;  // OpenAPI says so of these three
        if (in == "cookie") return note("the cookie " + name + " is left out");
        if (in == "header" && is_own_header(name))
            return note("the header " + name + ", which kimbap sets itself, is left out");
        json::object schema = schema_of(parameter);
        const std::string type = text_at(schema, "type");
        if ((type == "object" && in == "query") ||
            ((type == "object" || type == "array") && in != "query")) {
            note("the " + type + " " + name + " (in the " + in + ") is sent as JSON");
        }
        if (in == "query" && parameter.contains("explode") && !true_at(parameter, "explode")) {
            note("the query parameter " + name +
                 " wants its list in one value: kimbap repeats the parameter");
        }
        const std::string arg = free_name(name);
        const std::string pattern = "{" + arg + "}";
        if (in == "path") {
            const std::size_t at = path_.find("{" + name + "}");
            if (at == std::string::npos) return note("the path has no {" + name + "}");
            path_.replace(at, name.size() + 2, pattern);
        } else if (in == "query") {
            query_[name] = pattern;
        } else if (in == "header") {
            headers_[name] = pattern;
        }
        add_arg(arg, std::move(schema), text_at(parameter, "description"),
                in == "path" || true_at(parameter, "required"));
    }

    /// Names in the path that no parameter is about.
    void add_undeclared() {
        for (const std::string& name : placeholders(path_)) {
            if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
            note("no parameter tells of {" + name + "} in the path: it is taken as a string");
            names_.push_back(name);
            add_arg(name, {{"type", "string"}}, "", true);
        }
    }

    void note_encoding(const json::object& form) {
        const json::object* const encoding = object_at(form, "encoding");
        if (encoding == nullptr || encoding->empty()) return;
        std::vector<std::string> fields;
        for (const auto& field : *encoding) fields.emplace_back(field.key());
        note("the form has an encoding of its own for " + join(fields, ", ") +
             ": kimbap repeats a list and sends a map as JSON");
    }

    void add_body(const json::object* body) {
        const json::object* content = body == nullptr ? nullptr : object_at(*body, "content");
        if (content == nullptr || content->empty()) return;
        const json::object* media = nullptr;
        for (const auto& member : *content) {
            const std::string type = to_lower(member.key().substr(0, member.key().find(';')));
            const bool as_json = type == "application/json" || type.ends_with("+json");
            const bool as_form = type == "application/x-www-form-urlencoded";
            if ((!as_json && !as_form) || !member.value().is_object()) continue;
            if (media != nullptr && !as_json) continue;
            media = &member.value().get_object();
            encoding_ = as_json ? "" : "form";
            content_type_ = as_json && type != "application/json" ? std::string(trim(type)) : "";
            if (as_json) break;
        }
        if (media == nullptr) {
            unusable_ = true;
            return note("left out: its body is neither JSON nor a form (" +
                        std::string(content->begin()->key()) + ")");
        }
        if (encoding_ == "form") note_encoding(*media);
        if (!content_type_.empty()) headers_["Content-Type"] = content_type_;
        add_fields(schema_of(*media), true_at(*body, "required"), text_at(*body, "description"));
    }

    void add_fields(const json::object& schema, bool required, const std::string& description) {
        const auto shape = object_shape(schema);
        if (!shape) {
            const std::string arg = free_name("body");
            if (encoding_ == "form")
                note("the form's fields are not told: see the argument " + arg);
            add_arg(arg, schema, description, required);
            body_ = json::value("{" + arg + "}");
            return;
        }
        json::object fields;
        for (const auto& member : shape->properties) {
            const std::string arg = free_name(member.key());
            fields[member.key()] = "{" + arg + "}";
            const auto& wanted = shape->required;
            const bool needed =
                required && std::find(wanted.begin(), wanted.end(), member.key()) != wanted.end();
            add_arg(arg, member.value().get_object(), "", needed);
        }
        body_ = std::move(fields);
    }

    [[nodiscard]] json::object action() {
        const json::object& operation = *operation_.operation;
        std::string description = text_at(operation, "summary");
        if (description.empty()) description = text_at(operation, "description");
        json::object out;
        if (!trim(description).empty()) out["description"] = brief(description);
        out["method"] = operation_.method;
        out["path"] = path_;
        const bool reads = operation_.method == "GET" || operation_.method == "HEAD" ||
                           operation_.method == "OPTIONS";
        const char* level = reads ? "low" : operation_.method == "DELETE" ? "high" : "medium";
        out["risk"] = {{"level", level}, {"mutating", !reads}};
        if (true_at(operation, "deprecated"))
            out["warnings"] = json::array{"Deprecated by the service."};
        if (!args_.empty()) out["args"] = std::move(args_);
        json::object request;
        if (!query_.empty()) request["query"] = std::move(query_);
        if (!headers_.empty()) request["headers"] = std::move(headers_);
        if (!body_.is_null()) request["body"] = std::move(body_);
        if (!encoding_.empty()) request["encoding"] = encoding_;
        if (!request.empty()) out["request"] = std::move(request);
        return out;
    }

    const OpenApiSchemas& schemas_;
    const OpenApiOperation& operation_;
    std::vector<std::string>& notes_;
    std::string path_, encoding_, content_type_;
    std::vector<std::string> names_, seen_;
    json::array args_;
    json::object query_, headers_;
    json::value body_;
    bool unusable_ = false;
};

}  // namespace

std::string name_of(std::string_view text) {
    std::string out;
    bool lower_before = false;
    for (const char c : text) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (upper && lower_before) out += '-';
        if (upper || word) {
            out += upper ? static_cast<char>(c + 32) : c;
        } else if (!out.empty() && out.back() != '-') {
            out += '-';
        }
        lower_before = word;
    }
    while (out.ends_with('-')) out.pop_back();
    const std::size_t start = out.find_first_not_of("0123456789-");
    return start == std::string::npos ? "" : out.substr(start);
}

json::object import_operation(const OpenApiSchemas& schemas, const OpenApiOperation& operation,
                              std::vector<std::string>& notes) {
    return Builder(schemas, operation, notes).build();
}

}  // namespace kimbap::manifests
