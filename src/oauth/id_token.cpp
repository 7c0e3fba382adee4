#include "oauth/id_token.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "oauth/json_memory.hpp"
#include "oauth/token_answer.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::chrono::seconds kClockSkew{300};

bool for_client(const json::object& claims, std::string_view client) {
    const json::value* audience = claims.if_contains("aud");
    if (audience == nullptr) return false;
    if (audience->is_string()) return std::string_view(audience->get_string()) == client;
    if (!audience->is_array()) return false;
    return std::any_of(audience->get_array().begin(), audience->get_array().end(),
                       [&](const json::value& one) {
                           return one.is_string() && std::string_view(one.get_string()) == client;
                       });
}

Error wrong(std::string_view what) {
    return make_error(Errc::forbidden, "the id_token " + std::string(what) +
                                           ": nothing of this answer was kept (start again)");
}

}  // namespace

Result<std::string> account_of(std::string_view id_token, const IdTokenExpectation& expected) {
    const auto parts = split(id_token, '.');
    const auto payload = parts.size() == 3 ? base64url_decode(parts[1]) : std::nullopt;
    const auto parsed = payload ? parse_json(*payload) : Result<json::value>(Error{});
    if (!payload || !parsed || !parsed->is_object()) {
        return make_error(Errc::protocol_error, "the id_token is not a JWT");
    }
    const json::object& claims = parsed->get_object();
    if (!expected.issuer.empty() && text_at(claims, "iss") != expected.issuer) {
        return wrong("is of another issuer");
    }
    if (!for_client(claims, expected.client_id)) return wrong("is for another client");
    if (!expected.nonce.empty() && !constant_time_equal(text_at(claims, "nonce"), expected.nonce)) {
        return wrong("has another nonce: it belongs to another login");
    }
    const json::value* end = claims.if_contains("exp");
    const auto seconds = end != nullptr && end->is_int64() ? end->get_int64() : 0;
    // Compared in seconds, so that no claim can overflow the clock's microseconds.
    if (seconds < (to_unix_micros(expected.now) / 1'000'000) - kClockSkew.count()) {
        return wrong("is over (is this machine's clock right?)");
    }
    for (const std::string_view key : {"email", "preferred_username", "sub"}) {
        if (const std::string_view name = text_at(claims, key); !name.empty()) {
            return quoted_remote_text(name);
        }
    }
    return std::string{};
}

}  // namespace kimbap::oauth
