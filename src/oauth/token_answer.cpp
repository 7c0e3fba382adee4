#include "oauth/token_answer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "oauth/json_memory.hpp"

namespace kimbap::oauth {

namespace {

namespace json = boost::json;

/// Longer than any token lives; also keeps dates from overflowing.
constexpr std::int64_t kLongestLife = 10LL * 365 * 24 * 3600;

const json::value* at_path(const json::value& root, std::string_view path) {
    const json::value* at = &root;
    if (path.empty()) return at;
    for (const std::string_view key : split(path, '.')) {
        if (!at->is_object()) return nullptr;
        at = at->get_object().if_contains(key);
        if (at == nullptr) return nullptr;
    }
    return at;
}

/// Seconds as a number or, as some send it, as text. nullopt where there is none, and for zero and
/// less, by which providers mean that there is no end.
std::optional<std::chrono::seconds> lifetime(const json::object& object) {
    const json::value* value = object.if_contains("expires_in");
    if (value == nullptr) return std::nullopt;
    std::int64_t seconds = 0;
    if (value->is_int64()) {
        seconds = value->get_int64();
    } else if (value->is_uint64()) {
        seconds = kLongestLife;
    } else if (value->is_double()) {
        const double number = value->get_double();
        if (!std::isfinite(number)) return std::nullopt;
        seconds = static_cast<std::int64_t>(std::clamp(number, 0.0, double{kLongestLife}));
    } else if (value->is_string()) {
        const std::string_view text = value->get_string();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    } else {
        return std::nullopt;
    }
    if (seconds <= 0) return std::nullopt;
    return std::chrono::seconds(std::min(seconds, kLongestLife));
}

std::vector<std::string> scopes_of(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (const char c : text) {
        if (c != ' ' && c != ',') {
            word += c;
        } else if (!word.empty()) {
            out.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) out.push_back(std::move(word));
    return out;
}

bool token_like(std::string_view token) {
    return token.size() <= kMaxTokenSize && std::none_of(token.begin(), token.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
           });
}

TokenAnswer refused(Refusal refusal, Errc code, std::string message) {
    TokenAnswer out;
    out.refusal = refusal;
    out.error = make_error(code, std::move(message));
    return out;
}

TokenAnswer nonsense(std::string message) {
    return refused(Refusal::temporary, Errc::protocol_error, std::move(message));
}

Refusal refusal_of(const Provider& provider, std::string_view code, unsigned status) {
    const auto& permanent = provider.permanent_errors;
    if (code == "invalid_grant" ||
        std::find(permanent.begin(), permanent.end(), code) != permanent.end()) {
        return Refusal::invalid_grant;
    }
    for (const std::string_view wrong :
         {"invalid_client", "unauthorized_client", "incorrect_client_credentials",
          "invalid_client_id", "bad_client_secret"}) {
        if (code == wrong) return Refusal::invalid_client;
    }
    if (code == "authorization_pending") return Refusal::pending;
    if (code == "slow_down") return Refusal::slow_down;
    if (code == "access_denied") return Refusal::denied;
    if (code == "expired_token") return Refusal::expired;
    if (code == "temporarily_unavailable" || code == "server_error" || code == "ratelimited" ||
        status >= 500 || status == 429) {
        return Refusal::temporary;
    }
    if (code.empty() && status == 401) return Refusal::invalid_client;
    return Refusal::other;
}

Errc class_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::invalid_client:
            return Errc::invalid_config;
        case Refusal::temporary:
            return Errc::unavailable;
        case Refusal::expired:
            return Errc::timed_out;
        case Refusal::invalid_grant:
        case Refusal::denied:
            return Errc::unauthenticated;
        default:
            return Errc::protocol_error;
    }
}

/// The error that an answer holds; nullopt where it holds none.
std::optional<TokenAnswer> error_in(const Provider& provider, unsigned status,
                                    const json::object& body, const scrub::Scrubber& sent) {
    std::string_view code = text_at(body, "error");
    std::string_view more = text_at(body, "error_description");
    const json::value* nested = body.if_contains("error");
    if (nested != nullptr && nested->is_object()) {
        code = text_at(nested->get_object(), "code");
        more = text_at(nested->get_object(), "message");
    }
    if (more.empty()) more = text_at(body, "message");
    const json::value* ok = body.if_contains("ok");
    const bool denied = ok != nullptr && ok->is_bool() && !ok->get_bool();
    const bool says_error = nested != nullptr && !nested->is_null();
    if (!says_error && !denied && status < 400) return std::nullopt;
    const Refusal refusal = refusal_of(provider, code, status);
    std::string message = provider.name + " answered ";
    message += code.empty() ? "HTTP " + std::to_string(status) : quoted_remote_text(code, sent);
    if (!more.empty()) message += " (" + quoted_remote_text(more, sent) + ")";
    if (code == "unauthorized_client") {
        message += ": the client may not use this flow (enable it at the provider)";
    } else if (refusal == Refusal::invalid_client &&
               provider.authentication == ClientAuthentication::none) {
        message += ": the client is not let in without a secret (allow public clients there)";
    } else if (refusal == Refusal::invalid_client) {
        message += ": the client id or secret is not right (kimbap vault set " +
                   provider.client_secret_ref + ")";
    }
    return refused(refusal, class_of(refusal), std::move(message));
}

TokenAnswer granted(const Provider& provider, const json::value& whole, const json::object& body,
                    const scrub::Scrubber& sent) {
    const std::string_view access = text_at(body, "access_token");
    const std::string_view refresh = text_at(body, "refresh_token");
    if (access.empty()) return nonsense(provider.name + "'s answer has no access_token");
    if (!token_like(access) || !token_like(refresh)) {
        return nonsense(provider.name +
                        "'s answer has a token that is too long or has white space");
    }
    const std::string_view type = text_at(body, "token_type");
    if (!type.empty() && !provider.any_token_type && !iequals(type, "bearer")) {
        return refused(Refusal::other, Errc::unsupported,
                       provider.name + " gave a token of the type " +
                           quoted_remote_text(type, sent) +
                           ", which kimbap can't use (it sends bearer tokens)");
    }
    Tokens tokens;
    tokens.access_token = Secret(access);
    tokens.refresh_token = Secret(refresh);
    tokens.id_token = Secret(text_at(body, "id_token"));
    tokens.expires_in = lifetime(body);
    if (const std::string_view scopes = text_at(body, "scope"); body.contains("scope")) {
        tokens.scopes = scopes_of(scopes);
    }
    if (!provider.account_path.empty()) {
        const json::value* account = at_path(whole, provider.account_path);
        if (account != nullptr && account->is_string()) {
            tokens.account = quoted_remote_text(account->get_string(), sent);
        }
    }
    TokenAnswer out;
    out.tokens = std::move(tokens);
    return out;
}

}  // namespace

std::string quoted_remote_text(std::string_view text) {
    std::string out(text.substr(0, 200));
    std::replace_if(
        out.begin(), out.end(),
        [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E;
        },
        '?');
    return out;
}

std::string quoted_remote_text(std::string_view text, const scrub::Scrubber& sent) {
    std::string clean(text);
    sent.scrub(clean);  // before it is cut, which might leave a part of a secret
    std::string out = quoted_remote_text(clean);
    wipe(clean.data(), clean.size());
    return out;
}

TokenAnswer read_token_answer(const Provider& provider, unsigned status, std::string_view body,
                              const scrub::Scrubber& sent) {
    if (status >= 300 && status < 400) {
        return refused(Refusal::other, Errc::protocol_error,
                       provider.name + "'s token endpoint redirects (HTTP " +
                           std::to_string(status) + "): kimbap sends secrets nowhere else");
    }
    const auto parsed = parse_secret_json(body);
    if (!parsed || !parsed->is_object()) {
        const std::string message = provider.name + "'s token endpoint answered HTTP " +
                                    std::to_string(status) + " without a JSON object";
        if (status == 401) return refused(Refusal::invalid_client, Errc::invalid_config, message);
        const bool worth_retrying = status < 400 || status >= 500 || status == 429;
        return refused(worth_retrying ? Refusal::temporary : Refusal::other, Errc::protocol_error,
                       message);
    }
    if (auto error = error_in(provider, status, parsed->get_object(), sent))
        return std::move(*error);
    const json::value* tokens = at_path(*parsed, provider.token_path);
    if (tokens == nullptr || !tokens->is_object()) {
        return nonsense(provider.name + "'s answer has no " + provider.token_path);
    }
    return granted(provider, *parsed, tokens->get_object(), sent);
}

}  // namespace kimbap::oauth
