#include "manifests/loader.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/schema.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET",    "POST", "PUT",    "PATCH",
                                                   "DELETE", "HEAD", "OPTIONS"};
constexpr std::array<std::string_view, 7> kAuthTypes{"none",  "bearer", "basic", "header",
                                                     "query", "body",   "oauth2"};
constexpr std::array<std::string_view, 4> kRiskLevels{"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 6> kArgTypes{"string",  "integer", "number",
                                                    "boolean", "array",   "object"};
constexpr std::array<std::string_view, 3> kEncodings{"json", "form", "raw"};
constexpr std::array<std::string_view, 4> kResponseTypes{"object", "array", "text", "binary"};
constexpr std::array<std::string_view, 2> kStreams{"sse", "ndjson"};
constexpr std::array<std::string_view, 2> kPaginations{"cursor", "offset"};
constexpr int kMaxAttempts = 10;
constexpr int kMaxPages = 100;

bool is_word(std::string_view text, bool underscore) {
    if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               (underscore && c == '_');
    });
}

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

Auth read_auth(const YamlReader& reader) {
    Auth auth;
    if (!reader.expect_map({"type", "credential_ref", "header_name", "query_param", "body_field",
                            "prefix", "provider", "scopes"})) {
        return auth;
    }
    auth.type = static_cast<AuthType>(reader.require("type").choice(kAuthTypes, 0));
    auth.credential_ref = reader.get("credential_ref").string();
    auth.prefix = reader.get("prefix").string();
    auth.provider = reader.get("provider").string();
    auth.scopes = reader.get("scopes").strings();
    const auto field = [&](AuthType type, std::string_view key) {
        const YamlReader found = reader.get(key);
        if (auth.type == type) {
            auth.field = reader.require(key).string();
            if (type == AuthType::header && !auth.field.empty() && !is_token(auth.field)) {
                found.fault("\"" + auth.field + "\" is not a header name (like X-Api-Key)");
            }
        } else if (!found.absent()) {
            found.fault("only used with type " + std::string(name(type)) + " (remove it)");
        }
    };
    field(AuthType::header, "header_name");
    field(AuthType::query, "query_param");
    field(AuthType::body, "body_field");
    if (auth.type == AuthType::oauth2) {
        static_cast<void>(reader.require("provider"));
    } else if (auth.type != AuthType::none && auth.credential_ref.empty()) {
        reader.fault("\"credential_ref\" is missing (name the vault secret, like shop.token)");
    }
    return auth;
}

Risk read_risk(const YamlReader& reader, std::string_view method) {
    const bool reads = method == "GET" || method == "HEAD" || method == "OPTIONS";
    Risk risk{reads                ? RiskLevel::low
              : method == "DELETE" ? RiskLevel::high
                                   : RiskLevel::medium,
              !reads};
    if (reader.absent()) return risk;
    if (reader.is_scalar()) {
        risk.level = static_cast<RiskLevel>(reader.choice(kRiskLevels, 0));
        return risk;
    }
    if (!reader.expect_map({"level", "mutating"})) return risk;
    risk.level = static_cast<RiskLevel>(
        reader.get("level").choice(kRiskLevels, static_cast<std::size_t>(risk.level)));
    risk.mutating = reader.get("mutating").boolean(risk.mutating);
    return risk;
}

void copy_number(const YamlReader& reader, std::string_view from, json::object& schema,
                 std::string_view to, bool count) {
    const YamlReader value = reader.get(from);
    if (value.absent()) return;
    const json::value number = value.to_json();
    const bool right = count ? number.is_int64() && number.get_int64() >= 0
                             : number.is_int64() || number.is_uint64() || number.is_double();
    if (!right) return value.fault(count ? "not a count (0 or more)" : "not a number");
    schema[to] = number;
}

json::object schema_of(const YamlReader& reader) {
    const YamlReader verbatim = reader.get("schema");
    if (!verbatim.absent()) {
        const json::value schema = verbatim.to_json();
        if (schema.is_object()) return schema.get_object();
        verbatim.fault("not a JSON Schema (expected a map)");
        return {};
    }
    const YamlReader type = reader.get("type");
    const std::size_t kind = type.choice(kArgTypes, 0);
    json::object schema{{"type", kArgTypes[kind]}};
    copy_number(reader, "minimum", schema, "minimum", false);
    copy_number(reader, "maximum", schema, "maximum", false);
    copy_number(reader, "min_length", schema, "minLength", true);
    copy_number(reader, "max_length", schema, "maxLength", true);
    copy_number(reader, "min_items", schema, "minItems", true);
    copy_number(reader, "max_items", schema, "maxItems", true);
    for (const std::string_view key : {"pattern", "format"}) {
        if (const YamlReader value = reader.get(key); !value.absent()) schema[key] = value.string();
    }
    for (const std::string_view key : {"enum", "items", "properties"}) {
        const YamlReader value = reader.get(key);
        if (value.absent()) continue;
        const json::value copied = value.to_json();
        if (key == "enum" ? !copied.is_array() : !copied.is_object()) {
            value.fault(key == "enum" ? "not a list" : "not a schema (like {type: string})");
            continue;
        }
        schema[key] = copied;
    }
    return schema;
}

Arg read_arg(const YamlReader& reader) {
    Arg arg;
    if (!reader.expect_map({"name", "type", "required", "default", "description", "minimum",
                            "maximum", "min_length", "max_length", "min_items", "max_items",
                            "pattern", "format", "enum", "items", "properties", "schema",
                            "sensitive"})) {
        return arg;
    }
    arg.name = reader.require("name").string();
    arg.required = reader.get("required").boolean(false);
    arg.sensitive = reader.get("sensitive").boolean(false);
    arg.schema = schema_of(reader);
    if (const YamlReader text = reader.get("description"); !text.absent()) {
        arg.schema["description"] = text.string();
    }
    const auto compiled = Schema::compile(arg.schema);
    if (!compiled) {
        reader.fault(compiled.error().message);
        return arg;
    }
    if (const YamlReader value = reader.get("default"); !value.absent()) {
        arg.default_value = value.to_json();
        // A string argument's default may look like another type: `default: 100` for type string.
        if (!arg.default_value->is_string() && arg.schema.contains("type") &&
            arg.schema.at("type") == "string" && value.is_scalar()) {
            arg.default_value = json::value(value.string());
        }
        const auto violations = compiled->validate(*arg.default_value);
        if (!violations.empty()) value.fault("the default does not fit: " + violations[0]);
        arg.schema["default"] = *arg.default_value;
    }
    return arg;
}

json::object input_schema_of(const std::vector<Arg>& args) {
    json::object properties;
    json::array required;
    for (const Arg& arg : args) {
        properties[arg.name] = arg.schema;
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
        if (const json::value* value = arg.schema.if_contains("default"))
            arg.default_value = *value;
        args.push_back(std::move(arg));
    }
    return args;
}

class ActionReader {
public:
    ActionReader(std::string name, const YamlReader& reader, const Auth& service_auth)
        : reader_(reader) {
        action_.name = std::move(name);
        action_.auth = service_auth;
    }

    Action read() {
        if (!reader_.expect_map({"description", "method", "path", "auth", "warnings", "aliases",
                                 "idempotent", "idempotency_header", "risk", "args", "schema",
                                 "request", "response", "retry", "pagination", "error_mapping"})) {
            return std::move(action_);
        }
        if (!is_word(action_.name, true)) {
            reader_.fault("\"" + action_.name +
                          "\" is not an action name (lower-case letters, digits, - and _)");
        }
        action_.description = reader_.get("description").string();
        if (action_.description.empty()) {
            reader_.fault(
                "\"description\" is missing (say what the action does: models choose by it)");
        }
        action_.method = kMethods[reader_.get("method").choice(kMethods, 0)];
        action_.path = reader_.require("path").string();
        if (!action_.path.empty() && !action_.path.starts_with('/')) {
            reader_.get("path").fault("must start with / (it follows base_url)");
        }
        if (action_.path.find_first_of("?#") != std::string::npos) {
            reader_.get("path").fault(
                "has a query or fragment (put parameters under request.query)");
        }
        if (const YamlReader auth = reader_.get("auth"); !auth.absent())
            action_.auth = read_auth(auth);
        action_.warnings = reader_.get("warnings").strings();
        action_.aliases = reader_.get("aliases").strings();
        action_.risk = read_risk(reader_.get("risk"), action_.method);
        const bool safe =
            action_.method == "GET" || action_.method == "HEAD" || action_.method == "OPTIONS";
        action_.idempotent = reader_.get("idempotent").boolean(safe && !action_.risk.mutating);
        action_.idempotency_header = reader_.get("idempotency_header").string();
        if (!action_.idempotency_header.empty() && !is_token(action_.idempotency_header)) {
            reader_.get("idempotency_header").fault("not a header name (like Idempotency-Key)");
        }
        read_args();
        read_request(reader_.get("request"));
        read_response(reader_.get("response"));
        read_retry(reader_.get("retry"));
        read_pagination(reader_.get("pagination"));
        read_error_mapping(reader_.get("error_mapping"));
        check_templates();
        return std::move(action_);
    }

private:
    void read_args() {
        const YamlReader verbatim = reader_.get("schema");
        const YamlReader args = reader_.get("args");
        if (!verbatim.absent() || args.is_map()) {
            // `schema:`, or `args:` written as a JSON Schema, is offered to clients as it stands.
            const YamlReader& source = verbatim.absent() ? args.get("schema") : verbatim;
            return read_verbatim(source.absent() ? args : source);
        }
        std::set<std::string> names;
        for (const YamlReader& entry : args.elements()) {
            Arg arg = read_arg(entry);
            if (!arg.name.empty() && !names.insert(arg.name).second) {
                entry.fault("a second argument named \"" + arg.name + "\"");
            }
            action_.args.push_back(std::move(arg));
        }
        action_.input_schema = input_schema_of(action_.args);
    }

    void read_verbatim(const YamlReader& source) {
        const json::value schema = source.to_json();
        if (!schema.is_object()) return source.fault("not a JSON Schema (expected a map)");
        action_.input_schema = schema.get_object();
        action_.verbatim_schema = true;
        if (const json::value* type = action_.input_schema.if_contains("type");
            type == nullptr || *type != "object") {
            source.fault("the schema of an action's arguments must have type: object");
        }
        const auto compiled = Schema::compile(action_.input_schema);
        if (!compiled) source.fault(compiled.error().message);
        action_.args = args_of(action_.input_schema);
    }

    void read_request(const YamlReader& request) {
        if (request.absent() || request.is_null() ||
            !request.expect_map({"path_params", "query", "headers", "body", "encoding"})) {
            return;
        }
        RequestTemplate& out = action_.request;
        out.declared = true;
        for (const auto& [key, value] : request.get("path_params").members()) {
            out.path_params[key] = value.string();
        }
        for (const auto& [key, value] : request.get("query").members()) {
            out.query.emplace_back(key, value.to_json());
        }
        for (const auto& [key, value] : request.get("headers").members()) {
            if (!is_token(key)) value.fault("\"" + key + "\" is not a header name");
            out.headers.emplace_back(key, value.string());
        }
        if (const YamlReader body = request.get("body"); !body.absent()) out.body = body.to_json();
        out.encoding = static_cast<Encoding>(request.get("encoding").choice(kEncodings, 0));
        if (out.encoding == Encoding::form && out.body && !out.body->is_object()) {
            request.get("body").fault("a form needs a map of fields");
        }
    }

    void read_response(const YamlReader& response) {
        if (response.absent() || response.is_null() ||
            !response.expect_map(
                {"type", "extract", "error_when", "stream", "filter", "text_filter", "compact"})) {
            return;
        }
        ResponseSpec& out = action_.response;
        if (const YamlReader type = response.get("type"); !type.absent()) {
            out.type = static_cast<ResponseType>(type.choice(kResponseTypes, 0) + 1);
        }
        out.extract = response.get("extract").string();
        if (const YamlReader stream = response.get("stream"); !stream.absent()) {
            out.stream = static_cast<StreamType>(stream.choice(kStreams, 0) + 1);
        }
        const YamlReader when = response.get("error_when");
        if (when.is_map()) {
            read_error_when(when);
        } else {
            for (const YamlReader& entry : when.elements()) read_error_when(entry);
        }
        read_filter(response.get("filter"));
        read_text_filter(response.get("text_filter"));
        const YamlReader compact = response.get("compact");
        if (!compact.absent() && compact.expect_map({"header", "item", "footer"})) {
            out.compact = Compact{compact.get("header").string(), compact.get("item").string(),
                                  compact.get("footer").string()};
        }
    }

    void read_error_when(const YamlReader& entry) {
        if (!entry.expect_map({"path", "equals", "not_equals", "exists", "message_path"})) return;
        ErrorWhen when;
        when.path = entry.require("path").string();
        when.message_path = entry.get("message_path").string();
        if (const YamlReader value = entry.get("equals"); !value.absent())
            when.equals = value.to_json();
        if (const YamlReader value = entry.get("not_equals"); !value.absent()) {
            when.not_equals = value.to_json();
        }
        if (const YamlReader value = entry.get("exists"); !value.absent()) {
            when.exists = value.boolean(true);
        }
        if (!when.equals && !when.not_equals && !when.exists) {
            entry.fault("says no condition (add equals, not_equals or exists)");
        }
        action_.response.error_when.push_back(std::move(when));
    }

    void read_filter(const YamlReader& filter) {
        if (filter.absent() ||
            !filter.expect_map({"select", "exclude", "max_items", "drop_nulls"})) {
            return;
        }
        Filter out;
        const YamlReader select = filter.get("select");
        if (select.is_list()) {
            for (const std::string& path : select.strings()) out.select.emplace_back(path, path);
        } else {
            for (const auto& [key, value] : select.members()) {
                out.select.emplace_back(key, value.string());
            }
        }
        out.exclude = filter.get("exclude").strings();
        if (const YamlReader most = filter.get("max_items"); !most.absent()) {
            out.max_items = static_cast<std::size_t>(most.integer(1, 1));
        }
        out.drop_nulls = filter.get("drop_nulls").boolean(false);
        action_.response.filter = std::move(out);
    }

    void read_text_filter(const YamlReader& filter) {
        if (filter.absent() ||
            !filter.expect_map({"strip_lines_matching", "keep_lines_matching", "dedup", "max_lines",
                                "strip_ansi", "on_empty"})) {
            return;
        }
        TextFilter out;
        out.strip_lines_matching = patterns(filter.get("strip_lines_matching"));
        out.keep_lines_matching = patterns(filter.get("keep_lines_matching"));
        out.dedup = filter.get("dedup").boolean(false);
        if (const YamlReader most = filter.get("max_lines"); !most.absent()) {
            out.max_lines = static_cast<std::size_t>(most.integer(1, 1));
        }
        out.strip_ansi = filter.get("strip_ansi").boolean(false);
        out.on_empty = filter.get("on_empty").string();
        action_.response.text_filter = std::move(out);
    }

    static std::vector<std::string> patterns(const YamlReader& reader) {
        const std::vector<std::string> out = reader.strings();
        re2::RE2::Options options;
        options.set_log_errors(false);
        for (const std::string& pattern : out) {
            const re2::RE2 compiled(pattern, options);
            if (!compiled.ok())
                reader.fault("\"" + pattern + "\" is not a pattern: " + compiled.error());
        }
        return out;
    }

    void read_retry(const YamlReader& retry) {
        if (retry.absent() || !retry.expect_map({"max_attempts", "backoff_ms", "retry_on"})) return;
        action_.retry.max_attempts =
            static_cast<int>(retry.get("max_attempts").integer(3, 1, kMaxAttempts));
        action_.retry.backoff =
            std::chrono::milliseconds(retry.get("backoff_ms").integer(200, 0, 60'000));
        for (const YamlReader& status : retry.get("retry_on").elements()) {
            action_.retry.retry_on.push_back(static_cast<unsigned>(status.integer(503, 400, 599)));
        }
        if (action_.retry.retry_on.empty()) action_.retry.retry_on = {429, 502, 503, 504};
    }

    void read_pagination(const YamlReader& reader) {
        if (reader.absent() ||
            !reader.expect_map({"type", "max_pages", "next_path", "cursor_param", "offset_param",
                                "limit_param", "page_param", "page_size"})) {
            return;
        }
        Pagination& out = action_.pagination;
        out.type = static_cast<PaginationType>(reader.require("type").choice(kPaginations, 0) + 1);
        out.max_pages = static_cast<int>(reader.get("max_pages").integer(5, 1, kMaxPages));
        out.next_path = reader.get("next_path").string();
        out.cursor_param = reader.get("cursor_param").string("cursor");
        out.by_page = !reader.get("page_param").absent();
        out.offset_param = out.by_page ? reader.get("page_param").string()
                                       : reader.get("offset_param").string("offset");
        out.limit_param = reader.get("limit_param").string("limit");
        out.page_size = reader.get("page_size").integer(0, 1);
        if (out.type == PaginationType::cursor && out.next_path.empty()) {
            reader.fault(
                "\"next_path\" is missing (say where the next cursor stands in the answer)");
        }
        if (action_.risk.mutating) reader.fault("only for actions that read (remove it)");
    }

    void read_error_mapping(const YamlReader& reader) {
        for (const auto& [key, value] : reader.members()) {
            unsigned status = 0;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), status);
            if (error != std::errc{} || end != key.data() + key.size() || status < 400 ||
                status > 599) {
                value.fault("\"" + key + "\" is not an HTTP error status (400 to 599)");
                continue;
            }
            action_.error_mapping[status] = value.string();
        }
    }

    void check_template(const YamlReader& where, std::string_view text,
                        const std::set<std::string, std::less<>>& known) {
        for (const std::string& placeholder : placeholders(text)) {
            if (known.contains(placeholder)) continue;
            std::vector<std::string_view> names(known.begin(), known.end());
            const std::string_view near = nearest(placeholder, names);
            where.fault("{" + placeholder + "} is not an argument (" +
                        (near.empty() ? "declare it under args"
                                      : "did you mean {" + std::string(near) + "}?") +
                        ")");
        }
    }

    void check_value(const YamlReader& where, const json::value& value,
                     const std::set<std::string, std::less<>>& known) {
        if (const auto* text = value.if_string()) {
            check_template(where, *text, known);
        } else if (const auto* array = value.if_array()) {
            for (const auto& element : *array) check_value(where, element, known);
        } else if (const auto* object = value.if_object()) {
            for (const auto& member : *object) check_value(where, member.value(), known);
        }
    }

    void check_templates() {
        std::set<std::string, std::less<>> known;
        for (const Arg& arg : action_.args) known.insert(arg.name);
        const YamlReader request = reader_.get("request");
        for (const auto& [key, text] : action_.request.path_params) {
            check_template(request.get("path_params").get(key), text, known);
            if (action_.path.find("{" + key + "}") == std::string::npos) {
                request.get("path_params").get(key).fault("the path has no {" + key + "}");
            }
        }
        for (const auto& [key, value] : action_.request.query) {
            check_value(request.get("query").get(key), value, known);
        }
        for (const auto& [key, text] : action_.request.headers) {
            check_template(request.get("headers").get(key), text, known);
        }
        if (action_.request.body) check_value(request.get("body"), *action_.request.body, known);
        for (const std::string& placeholder : placeholders(action_.path)) {
            if (!action_.request.path_params.contains(placeholder) &&
                !known.contains(placeholder)) {
                reader_.get("path").fault("{" + placeholder +
                                          "} is not an argument (declare it under args, or map it "
                                          "under request.path_params)");
            }
        }
    }

    const YamlReader& reader_;
    Action action_;
};

class ServiceReader {
public:
    ServiceReader(const std::string& file, const PlainHttpAllowed& plain) : plain_(plain) {
        service_.file = file;
    }

    Service read(const YamlReader& root) {
        if (!root.expect_map({"name", "version", "description", "aliases", "adapter", "base_url",
                              "auth", "triggers", "gotchas", "recipes", "actions"})) {
            return std::move(service_);
        }
        service_.name = root.require("name").string();
        if (!service_.name.empty() && !is_word(service_.name, false)) {
            root.get("name").fault("\"" + service_.name +
                                   "\" is not a service name (lower-case letters, digits and -)");
        }
        service_.version = root.get("version").string();
        service_.description = root.get("description").string();
        service_.aliases = root.get("aliases").strings();
        read_base_url(root.require("base_url"));
        if (const YamlReader auth = root.get("auth"); !auth.absent())
            service_.auth = read_auth(auth);
        read_triggers(root.get("triggers"));
        for (const YamlReader& entry : root.get("gotchas").elements()) read_gotcha(entry);
        for (const YamlReader& entry : root.get("recipes").elements()) read_recipe(entry);
        const YamlReader actions = root.require("actions");
        if (!actions.absent() && !actions.is_map()) {
            actions.fault("not a map of action names to actions");
        }
        for (const auto& [name, reader] : actions.members()) {
            service_.actions.push_back(ActionReader(name, reader, service_.auth).read());
        }
        return std::move(service_);
    }

private:
    void read_base_url(const YamlReader& reader) {
        std::string url = reader.string();
        if (url.empty()) return;
        while (url.ends_with('/')) url.pop_back();
        service_.base_url = url;
        if (url.find('?') != std::string::npos || url.find('#') != std::string::npos) {
            return reader.fault("has a query or fragment (only scheme, host and path)");
        }
        if (url.find('@') != std::string::npos) {
            return reader.fault("has user information (credentials belong into the vault)");
        }
        if (url.starts_with("https://") && url.size() > 8) return;
        if (!url.starts_with("http://")) {
            return reader.fault("\"" + url +
                                "\" is not an https URL (like https://api.example.com)");
        }
        std::string_view authority = std::string_view(url).substr(7);
        authority = authority.substr(0, authority.find('/'));
        std::uint16_t port = 80;
        std::string_view host = authority;
        const std::size_t colon = authority.rfind(':');
        if (colon != std::string_view::npos &&
            authority.find(']', colon) == std::string_view::npos) {
            host = authority.substr(0, colon);
            std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(),
                            port);
        }
        const bool loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        if (!loopback && !plain_(host, port)) {
            reader.fault(
                "plain http would show the credential to the network (use https; http is for "
                "loopback and what egress.allow_private lists)");
        }
    }

    void read_triggers(const YamlReader& reader) {
        if (reader.absent() ||
            !reader.expect_map({"task_verbs", "objects", "instead_of", "exclusions"})) {
            return;
        }
        service_.triggers = {reader.get("task_verbs").strings(), reader.get("objects").strings(),
                             reader.get("instead_of").strings(),
                             reader.get("exclusions").strings()};
    }

    void read_gotcha(const YamlReader& reader) {
        if (!reader.expect_map({"symptom", "likely_cause", "recovery", "severity", "applies_to"}))
            return;
        service_.gotchas.push_back(
            {reader.get("symptom").string(), reader.get("likely_cause").string(),
             reader.get("recovery").string(), reader.get("severity").string(),
             reader.get("applies_to").strings()});
    }

    void read_recipe(const YamlReader& reader) {
        if (!reader.expect_map({"name", "description", "steps"})) return;
        Recipe recipe{reader.require("name").string(), reader.get("description").string(), {}};
        for (const YamlReader& step : reader.get("steps").elements()) {
            recipe.steps.push_back(step.is_scalar() ? step.string()
                                                    : kimbap::to_json(step.to_json()));
        }
        service_.recipes.push_back(std::move(recipe));
    }

    const PlainHttpAllowed& plain_;
    Service service_;
};

void check_unique(std::vector<Service>& services, Faults& faults) {
    std::map<std::string, std::string> seen;
    for (const Service& service : services) {
        for (std::string name : service.aliases) {
            if (const auto [at, added] = seen.try_emplace(name, service.file); !added) {
                faults.push_back(
                    {service.file, 1, 1,
                     "the service alias \"" + name + "\" is used in " + at->second + " too"});
            }
        }
        if (const auto [at, added] = seen.try_emplace(service.name, service.file); !added) {
            faults.push_back({service.file, 1, 1,
                              "a second service named \"" + service.name + "\" (the first is in " +
                                  at->second + ")"});
        }
    }
}

}  // namespace

LoadedManifests load_manifests(std::span<const ManifestFile> files,
                               const PlainHttpAllowed& plain_http_allowed) {
    LoadedManifests out;
    for (const ManifestFile& file : files) {
        const auto document = parse_yaml(file.path, file.text, out.faults);
        if (!document) continue;
        const YamlReader root(*document, file.path, out.faults);
        const std::string adapter =
            root.get("adapter").is_scalar() ? root.get("adapter").string() : "http";
        if (adapter == "command" || adapter == "applescript") {
            out.skipped.push_back(file.path + ": left out: adapter \"" + adapter +
                                  "\" is not supported (kimbap calls HTTP APIs)");
            continue;
        }
        if (adapter != "http") {
            root.get("adapter").fault("\"" + adapter + "\" is not known (http)");
            continue;
        }
        out.services.push_back(ServiceReader(file.path, plain_http_allowed).read(root));
    }
    std::sort(out.services.begin(), out.services.end(),
              [](const Service& a, const Service& b) { return a.name < b.name; });
    check_unique(out.services, out.faults);
    return out;
}

}  // namespace kimbap::manifests
