#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace kimbap {

/// A value as YAML 1.2 in block style, for people to read and edit: members in their order, what
/// is small and flat on one line. Read back it is the same value. Ends with a line break.
[[nodiscard]] std::string to_yaml(const boost::json::value& value);

}  // namespace kimbap
