#pragma once

#include <boost/beast/http/status.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.hpp"
#include "net/message_parser.hpp"

namespace kimbap::net {

/// Why a request is not served.
struct Refusal {
    http::status status;
    std::string why;
};

/// For what Beast's parser refuses: 431, 413 or 400.
[[nodiscard]] Refusal refusal_of(boost::system::error_code error);

/// The target in the line that `input` begins with; "" where it isn't there yet or isn't a path.
[[nodiscard]] std::string_view target_of(std::string_view input);

/// What Beast's parser lets pass although another reader of the same bytes could understand them
/// differently, and find a second request in them (request smuggling; RFC 9112 sections 3.2, 6.1
/// and 6.3) or another caller (a second Origin or Authorization; RFC 9110 section 5.3).
[[nodiscard]] std::optional<Refusal> check_head(const MessageParser<true>& head);

/// Whether the client waits for "100 Continue" before it sends the body.
[[nodiscard]] bool expects_continue(const Headers& headers);

}  // namespace kimbap::net
