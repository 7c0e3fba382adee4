#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/modern/request.hpp"
#include "mcp/providers.hpp"

/// Checks that HTTP headers say what the body says, so that an intermediary that routes or filters
/// by header can't be shown something else than what is executed (Streamable HTTP, Request
/// Metadata).
namespace kimbap::mcp::modern {

/// A header's value in the clear: as it stands, or decoded where it is =?base64?…?=. nullopt: bytes
/// that no header may hold, or malformed base64.
[[nodiscard]] std::optional<std::string> decode_header(std::string_view value);

/// A value as a header carries it: as it stands where every byte may, else as =?base64?…?=.
[[nodiscard]] std::string encode_header(std::string_view value);

/// What Mcp-Name has to say of a request, encoded; nullopt for methods without it, or where the
/// body lacks it.
[[nodiscard]] std::optional<std::string> name_header(std::string_view method,
                                                     const json::object& params);

/// Mcp-Name against the body's name, uri or taskId, for the methods that have one.
[[nodiscard]] std::optional<ProtocolError> check_name_header(const HeaderLookup& headers,
                                                             std::string_view method,
                                                             const json::object& params);

/// The Mcp-Param-… headers of a call, encoded; arguments that are not given have none.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> param_headers(
    const HeaderParams& declared, const json::object& arguments);

/// Each Mcp-Param-… against the argument that it mirrors.
[[nodiscard]] std::optional<ProtocolError> check_param_headers(const HeaderLookup& headers,
                                                               const HeaderParams& declared,
                                                               const json::object& arguments);

}  // namespace kimbap::mcp::modern
