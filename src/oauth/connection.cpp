#include "oauth/connection.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::string_view kFormat = "kimbap-oauth 1";

/// Writes lines into room that was made once, so that no growing leaves a copy behind.
class Writer {
public:
    explicit Writer(std::size_t room) { text_.reserve(room); }
    void line(std::string_view key, std::string_view value) {
        text_.append(key).append(" ").append(value).append("\n");
    }
    void time(std::string_view key, TimePoint value) {
        line(key, std::to_string(to_unix_micros(value)));
    }
    Secret take() { return Secret::take(text_); }

private:
    std::string text_;
};

bool plain(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text;
}

std::optional<TimePoint> time_of(std::string_view text) {
    std::int64_t micros = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return from_unix_micros(micros);
}

/// Puts one line into the record; whether it was one that this version knows, and well-formed.
bool read_line(ConnectionRecord& out, std::string_view key, std::string_view value) {
    Connection& c = out.connection;
    const auto time = [&](auto& field) {
        const auto read = time_of(value);
        if (read) field = *read;
        return read.has_value();
    };
    if (key == "provider") return c.id.provider = value, true;
    if (key == "connection") return c.id.name = value, true;
    if (key == "account") return c.account = value, true;
    if (key == "reason") return c.reason = value, true;
    if (key == "issuer") return c.issuer = value, true;
    if (key == "token_endpoint") return c.token_endpoint = value, true;
    if (key == "revocation_endpoint") return c.revocation_endpoint = value, true;
    if (key == "client_id") return c.client_id = value, true;
    if (key == "connected_at") return time(c.connected_at);
    if (key == "obtained_at") return time(c.obtained_at);
    if (key == "expires_at") return time(c.expires_at);
    if (key == "access_token") return out.access_token = Secret(value), true;
    if (key == "refresh_token") return out.refresh_token = Secret(value), true;
    if (key == "scope") return c.scopes.emplace_back(value), true;
    if (key == "flow") {
        for (const Flow flow : {Flow::authorization_code, Flow::device, Flow::client_credentials}) {
            if (name(flow) == value) return c.flow = flow, true;
        }
    }
    if (key == "state") {
        for (const ConnectionState s : {ConnectionState::active, ConnectionState::reauth_needed}) {
            if (name(s) == value) return c.state = s, true;
        }
    }
    return false;
}

}  // namespace

std::string_view name(ConnectionState state) noexcept {
    return state == ConnectionState::active ? "active" : "reauth_needed";
}

Result<ConnectionId> parse_connection_id(std::string_view text) {
    const std::size_t dot = text.find('.');
    ConnectionId out{std::string(text.substr(0, dot))};
    if (dot != std::string_view::npos) out.name = text.substr(dot + 1);
    if (is_connection_word(out.provider) && is_connection_word(out.name)) return out;
    return make_error(Errc::invalid_argument,
                      "\"" + std::string(text.substr(0, 80)) +
                          "\" names no connection (write PROVIDER or PROVIDER.NAME, in lower-case "
                          "letters, digits and -)");
}

Result<Secret> encode(const ConnectionRecord& record) {
    const Connection& c = record.connection;
    if (!plain(record.access_token.reveal()) || !plain(record.refresh_token.reveal())) {
        return make_error(Errc::invalid_argument, "the token has control characters");
    }
    std::size_t room = 1024 + record.access_token.size() + record.refresh_token.size() +
                       c.reason.size() + c.account.size() + c.issuer.size() + c.client_id.size() +
                       c.token_endpoint.size() + c.revocation_endpoint.size();
    for (const std::string& scope : c.scopes) room += scope.size() + 8;
    Writer out(room);
    out.line(kFormat, "");
    out.line("provider", c.id.provider);
    out.line("connection", c.id.name);
    out.line("flow", name(c.flow));
    out.line("state", name(c.state));
    out.line("reason", one_line(c.reason));
    out.line("account", one_line(c.account));
    out.line("issuer", one_line(c.issuer));
    out.line("token_endpoint", one_line(c.token_endpoint));
    out.line("revocation_endpoint", one_line(c.revocation_endpoint));
    out.line("client_id", one_line(c.client_id));
    for (const std::string& scope : c.scopes) out.line("scope", one_line(scope));
    out.time("connected_at", c.connected_at);
    out.time("obtained_at", c.obtained_at);
    if (c.expires_at) out.time("expires_at", *c.expires_at);
    out.line("access_token", record.access_token.reveal());
    if (!record.refresh_token.empty()) out.line("refresh_token", record.refresh_token.reveal());
    return out.take();
}

Result<ConnectionRecord> decode(std::string_view plain) {
    ConnectionRecord out;
    const Error damaged = make_error(
        Errc::corrupt, "the vault's record of the OAuth connection is damaged (connect again)");
    if (!plain.starts_with(kFormat)) return damaged;
    plain.remove_prefix(std::min(plain.find('\n'), plain.size() - 1) + 1);
    while (!plain.empty()) {
        const std::size_t end = plain.find('\n');
        const std::size_t space = plain.find(' ');
        if (end == std::string_view::npos || space > end) return damaged;
        if (!read_line(out, plain.substr(0, space), plain.substr(space + 1, end - space - 1))) {
            return damaged;
        }
        plain.remove_prefix(end + 1);
    }
    if (out.connection.id.provider.empty() || out.access_token.empty()) return damaged;
    out.connection.refreshable =
        !out.refresh_token.empty() || out.connection.flow == Flow::client_credentials;
    return out;
}

boost::json::object to_json(const Connection& c, TimePoint now) {
    boost::json::object out{{"id", c.id.text()},
                            {"provider", c.id.provider},
                            {"name", c.id.name},
                            {"state", name(c.state)},
                            {"flow", name(c.flow)},
                            {"scopes", boost::json::array(c.scopes.begin(), c.scopes.end())},
                            {"refreshable", c.refreshable},
                            {"connected_at", format_time(c.connected_at)},
                            {"refreshed_at", format_time(c.obtained_at)}};
    if (!c.account.empty()) out["account"] = c.account;
    if (!c.reason.empty()) out["reason"] = c.reason;
    if (c.expires_at) {
        out["expires_at"] = format_time(*c.expires_at);
        out["expired"] = *c.expires_at <= now;
    }
    return out;
}

}  // namespace kimbap::oauth
