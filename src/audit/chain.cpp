#include "audit/chain.hpp"

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::audit {

namespace {

void member(std::string& out, std::string_view key, std::string_view text) {
    out += ",\"";
    out += key;
    out += "\":";
    append_json_string(out, to_valid_utf8(text));
}

void member(std::string& out, std::string_view key, const json::object& value) {
    out += ",\"";
    out += key;
    out += "\":";
    append_json(out, value);
}

void append_caller(std::string& out, const Caller& caller) {
    out += ",\"caller\":{\"agent\":";
    append_json_string(out, to_valid_utf8(caller.agent));
    if (!caller.token.empty()) member(out, "token", caller.token);
    out += ",\"roles\":[";
    bool first = true;
    for (const std::string& role : caller.roles) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, to_valid_utf8(role));
    }
    out += ']';
    if (!caller.client.empty()) member(out, "client", caller.client);
    out += '}';
}

}  // namespace

std::string body_of(const Record& record) {
    std::string out;
    out.reserve(512);
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
    return out;
}

std::string line_of(std::string_view chain, std::int64_t seq, std::string_view body,
                    const Sha256& prev) {
    std::string out;
    out.reserve(body.size() + 160);
    out += "{\"chain\":";
    append_json_string(out, chain);
    out += ",\"seq\":";
    out += std::to_string(seq);
    out += ',';
    out += body;
    out += ",\"prev\":\"";
    out += hex_encode(bytes_of(prev));
    out += "\"}";
    return out;
}

Sha256 hash_of(std::string_view line) {
    return sha256(line);
}

std::string exported(std::string_view line, const Sha256& hash) {
    std::string out;
    out.reserve(line.size() + 80);
    out += line.substr(0, line.empty() ? 0 : line.size() - 1);
    out += ",\"hash\":\"";
    out += hex_encode(bytes_of(hash));
    out += "\"}";
    return out;
}

}  // namespace kimbap::audit
