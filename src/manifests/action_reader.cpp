#include "manifests/action_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/http_token.hpp"
#include "base/text.hpp"
#include "manifests/arg_reader.hpp"
#include "manifests/auth_reader.hpp"
#include "manifests/base_url.hpp"
#include "manifests/confirmation.hpp"
#include "manifests/json_value.hpp"
#include "manifests/leniency.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/resource_reader.hpp"
#include "manifests/response_reader.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET",    "POST", "PUT",    "PATCH",
                                                   "DELETE", "HEAD", "OPTIONS"};
constexpr std::array<std::string_view, 4> kRiskLevels{"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 3> kEncodings{"json", "form", "raw"};
constexpr std::array<std::string_view, 2> kPaginations{"cursor", "offset"};
/// Headers that frame the message or route it: one that a manifest sets could make the service read
/// another request than was sent (request smuggling, RFC 9112 section 11.2).
constexpr std::array<std::string_view, 8> kOwnHeaders{
    "Host",    "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE",
    "Trailer", "Expect"};
constexpr int kMaxAttempts = 10;
constexpr int kMaxBackoffMs = 60'000;
constexpr int kMaxPages = 100;
constexpr int kUsualPages = 5;
constexpr const char* kUsualNextPath = "next_cursor";

bool is_safe(std::string_view method) {  // RFC 9110 section 9.2.1
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Risk read_risk(const YamlReader& reader, std::string_view method) {
    const bool reads = is_safe(method);
    Risk risk{reads                ? RiskLevel::low
              : method == "DELETE" ? RiskLevel::high
                                   : RiskLevel::medium,
              !reads};
    if (reader.absent()) return risk;
    if (reader.is_scalar()) {
        risk.level = static_cast<RiskLevel>(read_word(reader, kRiskLevels, 0));
        return risk;
    }
    if (!reader.expect_map({"level", "mutating"})) return risk;
    risk.level = static_cast<RiskLevel>(
        read_word(reader.get("level"), kRiskLevels, static_cast<std::size_t>(risk.level)));
    risk.mutating = read_flag(reader.get("mutating"), risk.mutating);
    return risk;
}

using Names = std::set<std::string, std::less<>>;

void check_template(const YamlReader& where, std::string_view text, const Names& known) {
    for (const std::string& placeholder : placeholders(text)) {
        if (known.contains(placeholder)) continue;
        const std::vector<std::string_view> names(known.begin(), known.end());
        where.fault("{" + placeholder + "} is not an argument" +
                    suggestion(placeholder, names, "declare it under args"));
    }
}

void check_value(const YamlReader& where, const json::value& value, const Names& known) {
    if (const auto* text = value.if_string()) {
        check_template(where, *text, known);
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) check_value(where, element, known);
    } else if (const auto* object = value.if_object()) {
        for (const auto& member : *object) check_value(where, member.value(), known);
    }
}

/// "" where it doesn't go into a header.
std::string_view credential_header(const Auth& auth) {
    switch (auth.type) {
        case AuthType::bearer:
        case AuthType::basic:
        case AuthType::oauth2:
            return "Authorization";
        case AuthType::header:
            return auth.field;
        default:
            return "";
    }
}

/// A value that is sent as text: a number stays as it is written, `1.10` and `007`.
json::value as_written(const YamlReader& value) {
    if (value.is_list()) {
        json::array out;
        for (const YamlReader& element : value.elements()) out.push_back(as_written(element));
        return out;
    }
    json::value read = value.to_json();
    return read.is_number() ? json::value(value.string()) : with_integers(std::move(read));
}

json::value fields_as_written(const YamlReader& body) {
    json::object out;
    for (const auto& [key, value] : body.members()) out[key] = as_written(value);
    return out;
}

class ActionReader {
public:
    ActionReader(const std::string& name, const YamlReader& reader, const Auth& service_auth,
                 Faults& warnings)
        : reader_(reader), warnings_(warnings) {
        action_.name = name;
        action_.auth = service_auth;
    }

    Action read() {
        if (!reader_.expect_map({"description", "method", "path", "auth", "warnings", "aliases",
                                 "idempotent", "idempotency_header", "risk", "args", "schema",
                                 "request", "response", "resource", "retry", "pagination",
                                 "error_mapping", "confirm"})) {
            return std::move(action_);
        }
        if (!is_word(action_.name, true)) {
            reader_.fault("\"" + action_.name +
                          "\" is not an action name (lower-case letters, digits, - and _)");
        }
        read_head();
        read_risk_and_repeats();
        read_args(reader_, action_, warnings_);
        read_request(reader_.get("request"));
        action_.response = read_response(reader_.get("response"), warnings_);
        read_resource(reader_.get("resource"), action_);
        read_retry(reader_.get("retry"));
        read_pagination(reader_.get("pagination"));
        read_error_mapping(reader_.get("error_mapping"));
        action_.confirm = read_confirmation(reader_.get("confirm"), action_);
        check_templates();
        return std::move(action_);
    }

private:
    void read_head() {
        action_.method = kMethods[read_word(reader_.get("method"), kMethods, 0)];
        const YamlReader path = require_text(reader_, "path");
        action_.path = path.string();
        // It follows base_url, whose host it must not lengthen.
        if (!action_.path.empty() && !action_.path.starts_with('/')) action_.path.insert(0, "/");
        if (action_.path.find_first_of("?#") != std::string::npos) {
            path.fault("has a query or fragment (put parameters under request.query)");
        } else if (action_.path.find("://") != std::string::npos) {
            path.fault("is a URL (a path like /orders follows base_url)");
        } else {
            check_path_text(path, substitute(action_.path, [](auto) { return "x"; }));
        }
        action_.description = reader_.get("description").string();
        // Models choose by it: something is better than nothing.
        if (action_.description.empty()) {
            action_.description = action_.name + ": " + action_.method + " " + action_.path;
        }
        if (const YamlReader auth = reader_.get("auth"); !auth.absent()) {
            action_.auth = read_auth(auth, warnings_);
        }
        action_.warnings = reader_.get("warnings").strings();
        for (const YamlReader& entry : one_or_more(reader_.get("aliases"))) {
            const std::string alias = entry.string();
            action_.aliases.push_back(to_lower(trim(alias)));
            if (!is_word(action_.aliases.back(), true)) {
                entry.fault("\"" + alias +
                            "\" is not an action name (lower-case letters, digits, - and _)");
            }
        }
    }

    static void check_path_text(const YamlReader& reader, const std::string& path) {
        if (!is_url_path(path)) {
            reader.fault("has characters that no URL has (percent-encode them)");
        } else if (has_dot_segment(path)) {
            reader.fault("has a dot segment (write the path out)");
        }
    }

    void read_risk_and_repeats() {
        action_.risk = read_risk(reader_.get("risk"), action_.method);
        action_.idempotent =
            read_flag(reader_.get("idempotent"), is_safe(action_.method) && !action_.risk.mutating);
        const YamlReader header = reader_.get("idempotency_header");
        action_.idempotency_header = header.string();
        if (action_.idempotency_header.empty()) return;
        if (!is_token(action_.idempotency_header)) {
            header.fault("not a header name (like Idempotency-Key)");
        } else if (is_taken_header(action_.idempotency_header)) {
            header.fault("kimbap sets this header itself (choose another, like Idempotency-Key)");
        } else if (iequals(action_.idempotency_header, credential_header(action_.auth))) {
            header.fault("carries the credential (choose another, like Idempotency-Key)");
        }
    }

    void read_request(const YamlReader& request) {
        if (request.absent() ||
            !request.expect_map({"path_params", "query", "headers", "body", "encoding"})) {
            return;
        }
        RequestTemplate& out = action_.request;
        out.declared = true;
        for (const auto& [key, value] : members_of(request.get("path_params"))) {
            out.path_params[key] = value.string();
        }
        for (const auto& [key, value] : members_of(request.get("query"))) {
            out.query.emplace_back(key, as_written(value));
            if (value.is_map()) value.fault("not a value or a list of values");
        }
        for (const auto& [key, value] : members_of(request.get("headers"))) {
            out.headers.emplace_back(key, value.string());
            check_header(key, value);
            if (iequals(key, action_.idempotency_header)) {
                value.fault("idempotency_header sends this header already (remove one of them)");
            }
            const auto same = [&](const auto& other) { return iequals(other.first, key); };
            if (std::count_if(out.headers.begin(), out.headers.end(), same) > 1) {
                value.fault("is there twice (header names ignore case)");
            }
        }
        out.encoding = static_cast<Encoding>(request.get("encoding").choice(kEncodings, 0));
        if (const YamlReader body = request.get("body"); !body.absent()) {
            out.body = out.encoding == Encoding::form && body.is_map()
                           ? fields_as_written(body)
                           : with_integers(body.to_json());
        }
        if (out.encoding == Encoding::form && out.body && !out.body->is_object()) {
            request.get("body").fault("a form needs a map of fields");
        }
        if (action_.auth.type == AuthType::body) check_field_for_credential(request);
    }

    /// A credential that goes into the body needs fields to stand among.
    void check_field_for_credential(const YamlReader& request) const {
        if (action_.request.encoding == Encoding::raw) {
            request.get("encoding")
                .fault(
                    "a raw body has no field for the credential (send json or form, or use another "
                    "auth type)");
        } else if (action_.request.body && !may_be_map(*action_.request.body)) {
            request.get("body").fault(
                "a body that is no map has no field for the credential (send a map, or use another "
                "auth type)");
        }
    }

    static bool may_be_map(const json::value& body) {
        const auto* text = body.if_string();
        return body.is_object() || body.is_null() ||
               (text != nullptr && !sole_placeholder(*text).empty());
    }

    static void check_header(const std::string& key, const YamlReader& value) {
        if (!is_token(key)) return value.fault("\"" + key + "\" is not a header name");
        if (is_own_header(key)) value.fault("kimbap sets this header itself (remove it)");
        const std::string text = value.is_scalar() ? value.string() : "";
        if (std::any_of(text.begin(), text.end(), [](char c) {
                return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
            })) {
            value.fault("has control characters (a header is one line)");
        }
    }

    void read_retry(const YamlReader& retry) {
        if (retry.absent() || !retry.expect_map({"max_attempts", "backoff_ms", "retry_on"})) return;
        // 0 repeats nothing, as 1 does.
        action_.retry.max_attempts =
            std::max(1, static_cast<int>(read_bounded(retry.get("max_attempts"), 3, 0, kMaxAttempts,
                                                      warnings_)));
        action_.retry.backoff = std::chrono::milliseconds(
            read_bounded(retry.get("backoff_ms"), 200, 0, kMaxBackoffMs, warnings_));
        const std::vector<YamlReader> statuses = retry.get("retry_on").elements();
        if (statuses.empty()) action_.retry.retry_on = {429, 502, 503, 504};
        for (const YamlReader& entry : statuses) {
            const std::int64_t status = entry.integer(503);
            if (status >= 400 && status <= 599) {
                action_.retry.retry_on.push_back(static_cast<unsigned>(status));
            } else {
                warn(entry, warnings_,
                     std::to_string(status) + " is not tried again (400 to 599 are)");
            }
        }
    }

    void read_pagination(const YamlReader& reader) {
        if (reader.absent() ||
            !reader.expect_map({"type", "max_pages", "next_path", "cursor_param", "offset_param",
                                "limit_param", "page_param", "page_size"})) {
            return;
        }
        Pagination out;
        out.type =
            static_cast<PaginationType>(read_word(reader.require("type"), kPaginations, 0) + 1);
        out.max_pages =
            static_cast<int>(read_bounded(reader.get("max_pages"), 0, 0, kMaxPages, warnings_));
        if (out.max_pages == 0) out.max_pages = kUsualPages;
        out.next_path = read_path(reader.get("next_path"));
        if (out.type == PaginationType::cursor && out.next_path.empty()) {
            out.next_path = kUsualNextPath;
        }
        out.cursor_param = reader.get("cursor_param").string();
        out.by_page = !reader.get("page_param").absent();
        out.offset_param = out.by_page ? reader.get("page_param").string()
                                       : reader.get("offset_param").string("offset");
        out.limit_param = reader.get("limit_param").string("limit");
        out.page_size = reader.get("page_size").integer(0, 1);
        if (action_.risk.mutating) {
            // Each further page would do again what the first one did.
            return warn(reader, warnings_,
                        "only the first page is fetched, since the action changes something (say "
                        "risk.mutating: false where it doesn't)");
        }
        action_.pagination = std::move(out);
    }

    void read_error_mapping(const YamlReader& reader) {
        for (const auto& [key, value] : members_of(reader)) {
            unsigned status = 0;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), status);
            if (error != std::errc{} || end != key.data() + key.size()) {
                value.fault("\"" + key + "\" is not an HTTP error status (300 to 599)");
            } else if (status < 300 || status > 599) {
                warn(value, warnings_, "an answer of this status is no error (300 to 599 are)");
            } else {
                action_.error_mapping[status] = value.string();
            }
        }
    }

    void check_templates() {
        Names known;
        for (const Arg& arg : action_.args) known.insert(arg.name);
        const YamlReader request = reader_.get("request");
        const std::vector<std::string> in_path = placeholders(action_.path);
        for (const auto& [key, text] : action_.request.path_params) {
            check_template(request.get("path_params").get(key), text, known);
            if (std::find(in_path.begin(), in_path.end(), key) == in_path.end()) {
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
        if (action_.confirm) {
            check_template(message_of(reader_.get("confirm")), action_.confirm->message, known);
        }
        for (const std::string& placeholder : in_path) {
            if (!action_.request.path_params.contains(placeholder) &&
                !known.contains(placeholder)) {
                reader_.get("path").fault("{" + placeholder +
                                          "} is not an argument (declare it under args, or map it "
                                          "under request.path_params)");
            }
        }
    }

    const YamlReader& reader_;
    Faults& warnings_;
    Action action_;
};

}  // namespace

bool is_own_header(std::string_view name) {
    return std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(),
                       [&](std::string_view own) { return iequals(name, own); });
}

bool is_taken_header(std::string_view name) {
    return is_own_header(name) || iequals(name, "Accept-Encoding") || iequals(name, "Content-Type");
}

YamlReader require_text(const YamlReader& map, std::string_view key) {
    YamlReader found = map.require(key);
    if (!found.is_scalar() || !trim(found.string()).empty()) return found;
    found.fault("is empty (write it out)");
    return {};
}

std::vector<std::pair<std::string, YamlReader>> members_of(const YamlReader& reader) {
    if (!reader.absent() && !reader.is_map()) {
        reader.fault("not a map of names to values (like {name: value})");
    }
    auto out = reader.members();
    std::erase_if(out, [](const auto& member) { return member.second.is_null(); });
    return out;
}

bool is_word(std::string_view text, bool underscore) {
    if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               (underscore && c == '_');
    });
}

Action read_action(const std::string& name, const YamlReader& reader, const Auth& service_auth,
                   Faults& warnings) {
    return ActionReader(name, reader, service_auth, warnings).read();
}

}  // namespace kimbap::manifests
