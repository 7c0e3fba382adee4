#include "net/request_check.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace kimbap::net {

namespace {

/// More fields than any client of ours sends; each costs an allocation.
constexpr std::size_t kMaxHeaderFields = 100;

/// Loosely; whether it is ours is the handler's to say. White space would be a folded header.
bool host_and_port(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._:[]").find(c) != std::string_view::npos;
    });
}

}  // namespace

Refusal refusal_of(boost::system::error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return {http::status::request_header_fields_too_large, "the request's header is too large"};
    }
    if (error == http::error::body_limit) {
        return {http::status::payload_too_large, "the request's body is too large"};
    }
    return {http::status::bad_request, "not valid HTTP: " + error.message()};
}

std::string_view target_of(std::string_view input) {
    input = input.substr(0, input.find_first_of("\r\n"));
    const std::size_t begin = input.find(' ');
    if (begin == std::string_view::npos) return {};
    input.remove_prefix(begin + 1);
    const std::size_t end = input.find(' ');
    if (end == std::string_view::npos || !input.starts_with('/')) return {};
    return input.substr(0, end);
}

bool expects_continue(const Headers& headers) {
    return iequals(headers["Expect"], "100-continue");
}

std::optional<Refusal> check_head(const MessageParser<true>& head) {
    const auto bad = [](std::string why) {
        return Refusal{http::status::bad_request, std::move(why)};
    };
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t origins = 0;
    std::size_t credentials = 0;
    for (const auto [name, value] : head.headers()) {
        if (iequals(name, "Host")) {
            ++hosts;
            if (!host_and_port(value)) return bad("the Host is not one");
        } else if (iequals(name, "Content-Length")) {
            ++lengths;
            if (value.find(',') != std::string_view::npos) ++lengths;
        } else if (iequals(name, "Origin")) {
            ++origins;
        } else if (iequals(name, "Authorization")) {
            ++credentials;
        } else if (iequals(name, "Transfer-Encoding")) {
            if (head.version() < 11) return bad("HTTP/1.0 has no Transfer-Encoding");
            if (!iequals(value, "chunked")) {
                return Refusal{http::status::not_implemented,
                               "the only Transfer-Encoding is chunked"};
            }
        }
    }
    if (head.headers().size() > kMaxHeaderFields) {
        return Refusal{http::status::request_header_fields_too_large,
                       "the request has too many header fields"};
    }
    if (lengths > 1) return bad("there must be one Content-Length");
    if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return bad("there must be one Host");
    // Whoever stands before kimbap may have gone by the other one.
    if (origins > 1) return bad("there must be one Origin");
    if (credentials > 1) return bad("there must be one Authorization");
    if (!head.target().starts_with('/')) return bad("the request target must be a path");
    return std::nullopt;
}

}  // namespace kimbap::net
