#include "manifests/auth_reader.hpp"

#include <algorithm>
#include <array>

#include "manifests/action_reader.hpp"
#include "manifests/base_url.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 7> kAuthTypes{"none",  "bearer", "basic", "header",
                                                     "query", "body",   "oauth2"};

/// What the vault keeps for kimbap itself, its signing key among it.
constexpr std::string_view kInternalSecrets = "kimbap.internal.";

bool is_blank(const YamlReader& reader) {
    return reader.absent() || reader.is_null() || (reader.is_scalar() && reader.string().empty());
}

/// A key that belongs to one type alone.
std::string read_own(const YamlReader& reader, AuthType actual, AuthType type,
                     std::string_view key) {
    const YamlReader found = reader.get(key);
    if (actual == type) {
        if (is_blank(found)) {
            reader.fault("\"" + std::string(key) + "\" is missing (add it)");
            return "";
        }
        return found.string();
    }
    if (!is_blank(found)) {
        found.fault("only used with type " + std::string(name(type)) + " (remove it)");
    }
    return "";
}

std::string read_prefix(const YamlReader& reader, AuthType type) {
    const YamlReader prefix = reader.get("prefix");
    if (is_blank(prefix)) return "";
    if (type != AuthType::header) prefix.fault("only used with type header (remove it)");
    const std::string text = prefix.string();
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; })) {
        prefix.fault("has characters that no header takes (like \"Token \")");
    }
    return text;
}

}  // namespace

Auth read_auth(const YamlReader& reader) {
    Auth auth;
    if (!reader.expect_map({"type", "credential_ref", "header_name", "query_param", "body_field",
                            "prefix", "provider", "connection", "scopes"})) {
        return auth;
    }
    auth.type = static_cast<AuthType>(reader.require("type").choice(kAuthTypes, 0));
    auth.credential_ref = reader.get("credential_ref").string();
    if (auth.credential_ref.starts_with("oauth/")) {
        reader.get("credential_ref")
            .fault(
                "names under oauth/ are client secrets, which go to their provider alone (use "
                "type oauth2)");
    }
    auth.prefix = read_prefix(reader, auth.type);
    auth.provider = reader.get("provider").string();
    auth.connection = reader.get("connection").string();
    if (!auth.connection.empty()) {
        if (auth.type != AuthType::oauth2) {
            reader.get("connection").fault("only used with type oauth2 (remove it)");
        } else if (!is_word(auth.connection, false)) {
            reader.get("connection")
                .fault("\"" + auth.connection +
                       "\" is not a connection's name (lower-case letters, digits and -)");
        }
    }
    auth.scopes = reader.get("scopes").strings();
    for (const auto& [type, key] :
         {std::pair{AuthType::header, "header_name"}, std::pair{AuthType::query, "query_param"},
          std::pair{AuthType::body, "body_field"}}) {
        const std::string value = read_own(reader, auth.type, type, key);
        if (auth.type == type) auth.field = value;
    }
    if (auth.type == AuthType::header && !auth.field.empty() && !is_token(auth.field)) {
        reader.get("header_name")
            .fault("\"" + auth.field + "\" is not a header name (like X-Api-Key)");
    }
    if (auth.credential_ref.starts_with(kInternalSecrets)) {
        reader.get("credential_ref")
            .fault("names under " + std::string(kInternalSecrets) +
                   " are kimbap's own (choose another, like shop.token)");
    }
    if (auth.type == AuthType::oauth2) {
        static_cast<void>(reader.require("provider"));
    } else if (auth.type != AuthType::none && auth.credential_ref.empty()) {
        reader.fault("\"credential_ref\" is missing (name the vault secret, like shop.token)");
    }
    return auth;
}

}  // namespace kimbap::manifests
