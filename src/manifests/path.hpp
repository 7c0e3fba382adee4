#pragma once

#include <boost/json/value.hpp>
#include <string_view>

namespace kimbap::manifests {

/// The value at a path such as `data.items[0].name`, or null where there is none. "" is `root`
/// itself; a leading `$.` is taken too. A member whose name holds dots is found under its whole
/// name first.
[[nodiscard]] const boost::json::value* at_path(const boost::json::value& root,
                                                std::string_view path);

}  // namespace kimbap::manifests
