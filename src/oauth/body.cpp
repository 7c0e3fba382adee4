#include "oauth/body.hpp"

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::oauth {

namespace {

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
}

void append_form(std::string& out, const Parameters& parameters) {
    bool first = true;
    for (const auto& [name, value] : parameters) {
        if (!first) out += '&';
        first = false;
        append_encoded(out, name);
        out += '=';
        append_encoded(out, value);
    }
}

/// No byte takes more than six in either format.
std::size_t room_for(const Parameters& parameters) {
    std::size_t room = 16;
    for (const auto& [name, value] : parameters) room += 6 * (name.size() + value.size()) + 8;
    return room;
}

}  // namespace

std::string encode_body(const Parameters& parameters, TokenRequestFormat format) {
    std::string out;
    out.reserve(room_for(parameters));
    if (format == TokenRequestFormat::form) {
        append_form(out, parameters);
        return out;
    }
    out += '{';
    for (const auto& [name, value] : parameters) {
        if (out.size() > 1) out += ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, value);
    }
    out += '}';
    return out;
}

std::string basic_credentials(std::string_view client_id, std::string_view secret) {
    std::string pair;
    pair.reserve(3 * (client_id.size() + secret.size()) + 1);
    append_encoded(pair, client_id);
    pair += ':';
    append_encoded(pair, secret);
    std::string encoded = base64_encode(pair);
    std::string out;
    out.reserve(encoded.size() + 6);
    out.append("Basic ").append(encoded);
    wipe(pair.data(), pair.size());
    wipe(encoded.data(), encoded.size());
    return out;
}

std::string with_query(std::string_view url, const Parameters& parameters) {
    std::string out(url);
    if (parameters.empty()) return out;
    out += out.find('?') == std::string::npos ? '?' : '&';
    append_form(out, parameters);
    return out;
}

}  // namespace kimbap::oauth
