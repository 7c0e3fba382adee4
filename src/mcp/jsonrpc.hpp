#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/types.hpp"

/// JSON-RPC 2.0 as MCP narrows it: identifiers are strings or integers, parameters are objects.
namespace kimbap::mcp {

/// One message, taken apart.
struct Message {
    enum class Kind { request, notification, response, invalid };
    Kind kind = Kind::invalid;
    /// The identifier as JSON text, so that 1 and "1" differ and echoing is exact. Empty where the
    /// message has none, or none that can be read.
    std::string id = {};
    std::string method = {};
    json::object params = {};
    std::optional<json::value> result = {};   ///< Of a response.
    std::optional<ProtocolError> error = {};  ///< Of a response; why it is invalid otherwise.
};

/// Takes `value` apart. A value that is no message of these kinds is Kind::invalid with an error
/// that is to be answered under `id`.
[[nodiscard]] Message read_message(json::value&& value);

/// The identifier as JSON text; empty where it is neither a string nor an integer.
[[nodiscard]] std::string id_text(const json::value& id);

/// {"jsonrpc":"2.0","id":…,"result":  (to be followed by the result and '}')
void begin_response(std::string& out, std::string_view id);
/// `id` may be empty: then the member is left out, or null where `null_id`, which is what JSON-RPC
/// itself and revisions before 2025-11-25 expect.
[[nodiscard]] std::string error_response(std::string_view id, const ProtocolError& error,
                                         bool null_id = false);
/// `params` is a JSON object as text, or empty for none.
[[nodiscard]] std::string notification(std::string_view method, std::string_view params);
[[nodiscard]] std::string request_text(std::string_view id, std::string_view method,
                                       const json::object& params);

}  // namespace kimbap::mcp
