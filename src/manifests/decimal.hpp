#pragma once

#include <boost/json/value.hpp>

namespace kimbap::manifests {

/// Whether a number is a whole multiple of another, by the decimal text of both (the shortest one
/// of a double) and not by their binary fractions: 1000000.01 is one of 0.01, 1000000.015 is none.
[[nodiscard]] bool is_multiple(const boost::json::value& number, const boost::json::value& of);

}  // namespace kimbap::manifests
