#include "manifests/auth_reader.hpp"

#include <algorithm>
#include <array>

#include "base/http_token.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/base_url.hpp"
#include "manifests/leniency.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 7> kAuthTypes{"none",  "bearer", "basic", "header",
                                                     "query", "body",   "oauth2"};

/// What the vault keeps for kimbap itself, its signing key among it.
constexpr std::string_view kInternalSecrets = "kimbap.internal.";

bool is_blank(const YamlReader& reader) {
    return reader.absent() || (reader.is_scalar() && reader.string().empty());
}

/// A key that another type has is passed over, as if it weren't there.
void pass_over(const YamlReader& key, AuthType type, Faults& warnings) {
    warn(key, warnings, "only used with type " + std::string(name(type)) + " (remove it)");
}

/// A key that belongs to one type alone.
std::string read_own(const YamlReader& reader, AuthType actual, AuthType type, std::string_view key,
                     Faults& warnings) {
    const YamlReader found = reader.get(key);
    if (actual == type) {
        if (is_blank(found)) {
            reader.fault("\"" + std::string(key) + "\" is missing (add it)");
            return "";
        }
        return found.string();
    }
    if (!is_blank(found)) pass_over(found, type, warnings);
    return "";
}

std::string read_prefix(const YamlReader& reader, AuthType type, Faults& warnings) {
    const YamlReader prefix = reader.get("prefix");
    if (is_blank(prefix)) return "";
    if (type != AuthType::header) {
        pass_over(prefix, AuthType::header, warnings);
        return "";
    }
    const std::string text = prefix.string();
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; })) {
        prefix.fault("has characters that no header takes (like \"Token \")");
    }
    return text;
}

std::string read_connection(const YamlReader& reader, AuthType type, Faults& warnings) {
    const YamlReader connection = reader.get("connection");
    if (is_blank(connection)) return "";
    if (type != AuthType::oauth2) {
        pass_over(connection, AuthType::oauth2, warnings);
        return "";
    }
    const std::string text = connection.string();
    if (!is_word(text, false)) {
        connection.fault("\"" + text +
                         "\" is not a connection's name (lower-case letters, digits and -)");
    }
    return text;
}

}  // namespace

Auth read_auth(const YamlReader& reader, Faults& warnings) {
    Auth auth;
    if (!reader.expect_map({"type", "credential_ref", "header_name", "query_param", "body_field",
                            "prefix", "provider", "connection", "scopes"})) {
        return auth;
    }
    auth.type = static_cast<AuthType>(read_word(reader.require("type"), kAuthTypes, 0));
    auth.credential_ref = reader.get("credential_ref").string();
    if (auth.credential_ref.starts_with("oauth/")) {
        reader.get("credential_ref")
            .fault(
                "names under oauth/ are client secrets, which go to their provider alone (use "
                "type oauth2)");
    }
    auth.prefix = read_prefix(reader, auth.type, warnings);
    auth.provider = reader.get("provider").string();
    auth.connection = read_connection(reader, auth.type, warnings);
    auth.scopes = reader.get("scopes").strings();
    for (const auto& [type, key] :
         {std::pair{AuthType::header, "header_name"}, std::pair{AuthType::query, "query_param"},
          std::pair{AuthType::body, "body_field"}}) {
        const std::string value = read_own(reader, auth.type, type, key, warnings);
        if (auth.type == type) auth.field = value;
    }
    if (auth.type == AuthType::header && !auth.field.empty() && !is_token(auth.field)) {
        reader.get("header_name")
            .fault("\"" + auth.field + "\" is not a header name (like X-Api-Key)");
    } else if (auth.type == AuthType::header && is_taken_header(auth.field)) {
        reader.get("header_name").fault("kimbap sets this header itself (name the service's own)");
    }
    if (auth.credential_ref.starts_with(kInternalSecrets)) {
        reader.get("credential_ref")
            .fault("names under " + std::string(kInternalSecrets) +
                   " are kimbap's own (choose another, like shop.token)");
    }
    if (auth.type == AuthType::oauth2) {
        static_cast<void>(require_text(reader, "provider"));
    } else if (auth.type != AuthType::none && auth.credential_ref.empty()) {
        reader.fault("\"credential_ref\" is missing (name the vault secret, like shop.token)");
    }
    return auth;
}

}  // namespace kimbap::manifests
