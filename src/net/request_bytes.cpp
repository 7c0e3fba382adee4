#include "net/request_bytes.hpp"

#include <algorithm>
#include <array>

#include "base/http_token.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace kimbap::net {

namespace {

constexpr std::string_view kFixed = " HTTP/1.1\r\nHost: \r\nAccept-Encoding: identity\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: \r\n";
constexpr std::size_t kLengthDigits = 20;
constexpr std::size_t kHeaderFraming = 4;  // ": " and the line break
constexpr std::size_t kShownNameBytes = 64;

/// Headers that say how the message is framed or what becomes of the connection. Of a second
/// opinion on either, request smuggling is made.
bool is_our_affair(std::string_view name) {
    constexpr std::array<std::string_view, 11> ours{
        "host",    "content-length", "transfer-encoding", "accept-encoding",  "connection", "te",
        "trailer", "keep-alive",     "upgrade",           "proxy-connection", "expect"};
    return std::any_of(ours.begin(), ours.end(),
                       [&](std::string_view header) { return iequals(header, name); });
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

std::string printable(std::string_view name) {
    std::string out(name.substr(0, kShownNameBytes));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7F; }, '?');
    return out;
}

Result<void> check_header(std::string_view name, std::string_view value) {
    if (!is_token(name)) {
        return make_error(Errc::invalid_argument,
                          "\"" + printable(name) + "\" is not a header's name");
    }
    if (has_control(value)) {
        return make_error(Errc::invalid_argument, "the header " + printable(name) +
                                                      " has a line break or control character");
    }
    return {};
}

Result<void> check(const OutboundRequest& request) {
    if (!is_token(request.method)) {
        return make_error(Errc::invalid_argument, "the request's method is not one");
    }
    const std::string& target = request.url.target;
    if (!target.starts_with('/') || has_control(target) ||
        target.find_first_of(" \t") != std::string::npos) {
        return make_error(Errc::invalid_argument,
                          "the request's path has white space or control characters (encode them)");
    }
    for (const auto& [name, value] : request.headers) {
        const Result<void> sound = check_header(name, value);
        if (!sound) return sound;
    }
    const SecretParts& secret = request.secret;
    if (has_control(secret.query.reveal()) ||
        secret.query.reveal().find_first_of(" \t") != std::string::npos) {
        return make_error(Errc::invalid_argument, "the credential in the query is not encoded");
    }
    if (secret.header.empty()) return {};
    return check_header(secret.header, secret.header_value.reveal());
}

/// At least what the request takes: a string that grew would leave a copy of a credential behind.
std::size_t size_of(const OutboundRequest& request, const std::string& authority) {
    std::size_t size = kFixed.size() + kLength.size() + kLengthDigits + request.method.size() + 1 +
                       request.url.target.size() + authority.size() +
                       std::max(request.body.size(), request.secret.body.size()) +
                       request.secret.query.size() + 1 + request.secret.header.size() +
                       request.secret.header_value.size() + kHeaderFraming;
    for (const auto& [name, value] : request.headers) {
        size += name.size() + value.size() + kHeaderFraming;
    }
    return size;
}

}  // namespace

Result<RequestBytes> RequestBytes::of(const OutboundRequest& request) {
    const Result<void> sound = check(request);
    if (!sound) return sound.error();
    const std::string authority = request.url.authority();
    std::string out;
    out.reserve(size_of(request, authority));
    out.append(request.method).append(" ").append(request.url.target);
    const SecretParts& secret = request.secret;
    if (!secret.query.empty()) {
        out.append(request.url.target.find('?') == std::string::npos ? "?" : "&");
        out.append(secret.query.reveal());
    }
    out.append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
    for (const auto& [name, value] : request.headers) {
        if (is_our_affair(name)) continue;
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!secret.header.empty() && !is_our_affair(secret.header)) {
        out.append(secret.header).append(": ").append(secret.header_value.reveal()).append("\r\n");
    }
    out.append("Accept-Encoding: identity\r\n");
    const std::string_view body =
        secret.body.empty() ? std::string_view(request.body) : secret.body.reveal();
    if (!body.empty() || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH") {
        out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    out.append("\r\n").append(body);
    return RequestBytes(std::move(out));
}

RequestBytes::~RequestBytes() {
    wipe(text_.data(), text_.size());
}

void wipe_request(OutboundRequest& request) noexcept {
    for (auto& header : request.headers) wipe(header.second.data(), header.second.size());
    wipe(request.body.data(), request.body.size());
    wipe(request.url.target.data(), request.url.target.size());
    request.secret = {};
}

}  // namespace kimbap::net
