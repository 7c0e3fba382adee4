#pragma once

#include <boost/json/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "base/error.hpp"

namespace kimbap::oauth {

/// Parses JSON that may hold tokens: every block that the values lived in is wiped when it is
/// freed. The value must not outlive the process's static memory, nor be copied into other storage.
/// Errors: protocol_error.
[[nodiscard]] Result<boost::json::value> parse_secret_json(std::string_view text);

/// The string member `key`; "" where there is none.
[[nodiscard]] std::string_view text_at(const boost::json::object& object, std::string_view key);

}  // namespace kimbap::oauth
