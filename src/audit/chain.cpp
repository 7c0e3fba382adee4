#include "audit/chain.hpp"

#include <charconv>
#include <concepts>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::audit {

namespace {

constexpr std::size_t kHexHash = 64;

void append_key(std::string& out, std::string_view key) {
    out += ",\"";
    out += key;
    out += "\":";
}

void member(std::string& out, std::string_view key, std::string_view text) {
    append_key(out, key);
    append_json_string(out, text);
}

template <class Object>
void member(std::string& out, std::string_view key, const Object& value) requires
    std::same_as<Object, json::object> || std::same_as<Object, JsonObjectText> {
    append_key(out, key);
    append_json(out, value);
}

void append_caller(std::string& out, const Caller& caller) {
    out += ",\"caller\":{\"agent\":";
    append_json_string(out, caller.agent);
    if (!caller.token.empty()) member(out, "token", caller.token);
    out += ",\"roles\":[";
    bool first = true;
    for (const std::string& role : caller.roles) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, role);
    }
    out += ']';
    if (!caller.client.empty()) member(out, "client", caller.client);
    out += '}';
}

/// Takes `token` off the front of `text`.
bool skip(std::string_view& text, std::string_view token) {
    if (!text.starts_with(token)) return false;
    text.remove_prefix(token.size());
    return true;
}

/// Takes a string without escapes, quotes included, off the front of `text`.
std::optional<std::string_view> take_string(std::string_view& text) {
    if (!skip(text, "\"")) return std::nullopt;
    const std::size_t end = text.find('"');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view out = text.substr(0, end);
    text.remove_prefix(end + 1);
    return out;
}

}  // namespace

std::string body_of(const Record& record) {
    std::string out;
    out.reserve(768);
    out += "\"time\":\"";
    out += format_time(record.time);
    out += '"';
    member(out, "kind", record.kind);
    if (!record.call.empty()) member(out, "call", record.call);
    if (record.caller) append_caller(out, *record.caller);
    if (!record.action.empty()) member(out, "action", record.action);
    if (record.parameters) member(out, "parameters", *record.parameters);
    if (record.decision) member(out, "decision", *record.decision);
    if (record.approval) member(out, "approval", *record.approval);
    if (record.execution) member(out, "execution", *record.execution);
    if (!record.details.empty()) member(out, "details", record.details);
    // What a caller sent, or calls itself, may be no UTF-8, and then no JSON: the whole log would
    // be unreadable for it.
    return is_utf8(out) ? out : to_valid_utf8(out);
}

std::string line_of(std::string_view chain, std::int64_t seq, std::string_view body,
                    const Sha256& prev) {
    std::string out;
    out.reserve(body.size() + chain.size() + kHexHash + 64);
    out += "{\"chain\":";
    append_json_string(out, chain);
    out += ",\"seq\":";
    append_number(out, seq);
    out += ',';
    out += body;
    out += ",\"prev\":\"";
    append_hex(out, bytes_of(prev));
    out += "\"}";
    return out;
}

Sha256 hash_of(std::string_view line) {
    return sha256(line);
}

std::string exported(std::string_view line, const Sha256& hash) {
    std::string out;
    out.reserve(line.size() + kHexHash + 16);
    out += line.substr(0, line.empty() ? 0 : line.size() - 1);
    out += ",\"hash\":\"";
    append_hex(out, bytes_of(hash));
    out += "\"}";
    return out;
}

std::optional<Frame> frame_of(std::string_view line) {
    Frame frame;
    std::string_view rest = line;
    if (!skip(rest, "{\"chain\":")) return std::nullopt;
    const auto chain = take_string(rest);
    if (!chain || !skip(rest, ",\"seq\":")) return std::nullopt;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), frame.seq);
    if (error != std::errc{}) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!skip(rest, ",\"time\":")) return std::nullopt;
    const auto time = take_string(rest);
    constexpr std::string_view prev = ",\"prev\":\"";
    if (!time || rest.size() < prev.size() + kHexHash + 2 || !rest.ends_with("\"}")) {
        return std::nullopt;
    }
    rest.remove_suffix(2);
    frame.prev = rest.substr(rest.size() - kHexHash);
    rest.remove_suffix(kHexHash);
    if (!rest.ends_with(prev)) return std::nullopt;
    frame.chain = *chain;
    frame.time = *time;
    return frame;
}

}  // namespace kimbap::audit
