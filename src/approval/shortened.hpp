#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>

namespace kimbap::approval {

/// Parameters as they go into notifications.
struct Shortened {
    boost::json::object parameters;
    bool cut = false;
    std::size_t bytes = 0;  ///< Of all of them, as canonical JSON.
    std::string digest;     ///< parameters_digest() of all of them.
};

/// Most bytes of parameters that a notification carries; the rest is seen by `approval show`.
inline constexpr std::size_t kMaxNotifiedParameters = 8192;

/// `sha256:` and the hexadecimal digest over their canonical JSON, by which an operator sees that a
/// shortened notification and `approval show` speak of the same call.
[[nodiscard]] std::string parameters_digest(const boost::json::object& parameters);

/// `parameters` as they are where they fit into `limit` bytes of JSON. Else long strings are cut
/// and followed by their length and digest, and what then doesn't fit is counted.
[[nodiscard]] Shortened shorten(const boost::json::object& parameters,
                                std::size_t limit = kMaxNotifiedParameters);

/// Shortens the member `parameters` of an approval as it is listed among others, with
/// `parameters_digest` where something was cut.
void shorten_parameters(boost::json::object& approval);

}  // namespace kimbap::approval
