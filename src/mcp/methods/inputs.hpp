#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <variant>

#include "mcp/context.hpp"
#include "mcp/types.hpp"

namespace kimbap::mcp::methods {

/// Takes inputResponses and requestState out of a request's parameters. Errors: not an object of
/// objects, not a string.
[[nodiscard]] std::variant<Inputs, ProtocolError> take_inputs(json::object& params);

/// Why a provider's wish can't be passed on: a method that is none of the three, a capability that
/// the client did not declare, or nothing wished for at all.
[[nodiscard]] std::optional<ProtocolError> check_inputs_wanted(const InputRequired& wanted,
                                                               const RequestContext& context);

/// A string member, moved out; an error naming the member where it is absent or of another type.
[[nodiscard]] std::variant<std::string, ProtocolError> take_string(json::object& params,
                                                                   std::string_view key);
/// An object member, moved out; empty where absent or null.
[[nodiscard]] std::variant<json::object, ProtocolError> take_object(json::object& params,
                                                                    std::string_view key);

}  // namespace kimbap::mcp::methods
