#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/schema.hpp"

/// A manifest as data (contract section 5): one service and its actions. Made by the loader,
/// immutable after.
namespace kimbap::manifests {

namespace json = boost::json;

enum class AuthType { none, bearer, basic, header, query, body, oauth2 };
[[nodiscard]] std::string_view name(AuthType type) noexcept;

/// Where a call's credential goes. The credential itself is never in a manifest.
struct Auth {
    AuthType type = AuthType::none;
    std::string credential_ref;  ///< Name in the vault.
    std::string field;           ///< header_name, query_param or body_field.
    std::string prefix;          ///< Before the value in a header ("Token "); may be empty.
    std::string provider;        ///< oauth2
    std::string connection;      ///< oauth2: which of the provider's; "" for the default one.
    std::vector<std::string> scopes;

    /// Whether the OAuth broker gives the credential, and not the vault.
    [[nodiscard]] bool brokered() const noexcept {
        return type == AuthType::oauth2 && credential_ref.empty();
    }
    /// Names the credential: the vault's name, or "oauth2:PROVIDER.CONNECTION".
    [[nodiscard]] std::string reference() const {
        if (!brokered()) return credential_ref;
        return "oauth2:" + provider + "." + (connection.empty() ? "default" : connection);
    }
};

enum class RiskLevel { low, medium, high, critical };
[[nodiscard]] std::string_view name(RiskLevel level) noexcept;

struct Risk {
    RiskLevel level = RiskLevel::low;
    bool mutating = false;
};

struct Arg {
    std::string name;
    bool required = false;
    bool sensitive = false;
    std::optional<json::value> default_value;
    json::object schema;  ///< JSON Schema of the value.
};

enum class Encoding { json, form, raw };

/// Templates over the arguments: "{name}" placeholders within strings.
struct RequestTemplate {
    bool declared = false;  ///< Whether the manifest has a `request` at all.
    std::map<std::string, std::string> path_params;
    std::vector<std::pair<std::string, json::value>> query;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<json::value> body;
    Encoding encoding = Encoding::json;
};

enum class ResponseType { automatic, object, array, text, binary };
enum class StreamType { none, sse, ndjson };

/// An error inside a 200: the value at `path` equals (or not) `equals`.
struct ErrorWhen {
    std::string path;
    std::optional<json::value> equals;
    std::optional<json::value> not_equals;
    std::optional<bool> exists;
    std::string message_path;
};

/// Whether answers of this type are passed on unread: nothing looks for JSON in them.
[[nodiscard]] constexpr bool is_unread(ResponseType type) noexcept {
    return type == ResponseType::text || type == ResponseType::binary;
}

struct Filter {
    std::vector<std::pair<std::string, std::string>> select;  ///< Name in the answer, path.
    std::vector<std::string> exclude;           ///< Of the answer, or of each item of a list.
    std::vector<std::string> exclude_elements;  ///< Of a list: `[0]`, `[*].x`.
    std::optional<std::size_t> max_items;
    bool drop_nulls = false;
};

struct TextFilter {
    std::vector<std::string> strip_lines_matching;
    std::vector<std::string> keep_lines_matching;
    bool dedup = false;
    std::optional<std::size_t> max_lines;
    bool strip_ansi = false;
    std::string on_empty;
};

struct Compact {
    std::string header;
    std::string item;
    std::string footer;
};

struct ResponseSpec {
    ResponseType type = ResponseType::automatic;
    std::string extract;
    std::vector<ErrorWhen> error_when;
    StreamType stream = StreamType::none;
    std::optional<Filter> filter;
    std::optional<TextFilter> text_filter;
    std::optional<Compact> compact;
    json::object schema;  ///< JSON Schema of what the caller gets, which answers are held to.
    std::optional<Schema> compiled;  ///< Of `schema`; nullopt where there is none.
};

struct Retry {
    int max_attempts = 1;
    std::chrono::milliseconds backoff{200};
    std::vector<unsigned> retry_on;
};

enum class PaginationType { none, cursor, offset };

struct Pagination {
    PaginationType type = PaginationType::none;
    int max_pages = 1;
    std::string next_path;     ///< cursor: where the next cursor or URL stands in the answer.
    std::string cursor_param;  ///< cursor: the query parameter that takes it; "": cursor.
    std::string offset_param;  ///< offset: counts items, or pages where `by_page`.
    std::string limit_param;
    std::int64_t page_size = 0;
    bool by_page = false;
};

/// What an action that only reads is offered as besides its tool: a resource, or a resource
/// template where its URI has {variables}.
struct ResourceSpec {
    std::string uri;
    std::string name;
    std::string description;
    std::string mime_type;  ///< "" where the answer says it.
};

/// What the caller's user is asked before the action runs.
struct Confirmation {
    std::string message;         ///< A template over the arguments.
    bool allow_without = false;  ///< Runs all the same where nobody can be asked.
};

struct Action {
    std::string name;
    std::string description;
    std::string method = "GET";
    std::string path;
    Auth auth;
    Risk risk;
    bool idempotent = false;
    std::string idempotency_header;
    std::vector<std::string> aliases;
    std::vector<std::string> warnings;
    std::vector<Arg> args;
    /// JSON Schema of the arguments object: from `args`, or the manifest's own, verbatim.
    json::object input_schema;
    bool verbatim_schema = false;
    std::optional<Schema> compiled;  ///< Of input_schema; set by the loader where it has no fault.
    RequestTemplate request;
    ResponseSpec response;
    std::optional<ResourceSpec> resource;
    Retry retry;
    Pagination pagination;
    std::map<unsigned, std::string> error_mapping;  ///< Statuses of errors and redirects alone.
    std::optional<Confirmation> confirm;

    [[nodiscard]] std::vector<std::string> sensitive_args() const;
};

struct Gotcha {
    std::string symptom;
    std::string likely_cause;
    std::string recovery;
    std::string severity;
    std::vector<std::string> applies_to;
};

/// What the user fills in when taking a recipe; {name} in its steps.
struct RecipeArg {
    std::string name;
    std::string description;
    bool required = false;
    std::vector<std::string> choices;  ///< Its `enum`; empty for any text.
};

struct Recipe {
    std::string name;
    std::string description;
    std::vector<std::string> steps;
    std::vector<RecipeArg> args = {};
    std::vector<std::string> resources = {};  ///< URIs of what is read and given along.

    /// The name in lower-case words joined by hyphens: what the recipe's prompt is called after, so
    /// that no two of a service have the same.
    [[nodiscard]] std::string slug() const;
};

struct Triggers {
    std::vector<std::string> task_verbs;
    std::vector<std::string> objects;
    std::vector<std::string> instead_of;
    std::vector<std::string> exclusions;
};

struct Service {
    std::string name;
    std::string version;
    std::string description;
    std::vector<std::string> aliases;
    std::string base_url;  ///< Without a trailing slash.
    Auth auth;
    /// Other origins that redirects of this service may lead to, without the credential.
    std::vector<std::string> redirects_to;
    Triggers triggers;
    std::vector<Gotcha> gotchas;
    std::vector<Recipe> recipes;
    std::vector<Action> actions;  ///< In file order.
    std::string file;
};

}  // namespace kimbap::manifests
