#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "base/json_object_text.hpp"

namespace kimbap::pipeline {

/// Longest string that is kept whole in audit records, in bytes.
inline constexpr std::size_t kMaxKeptString = 2048;
/// Largest set of parameters that is kept whole, as JSON text in bytes.
inline constexpr std::size_t kMaxKeptParameters = 16U << 10;

/// Arguments as operators who decide see them, whole: those named in `sensitive` become
/// "[redacted]".
[[nodiscard]] boost::json::object redact(const boost::json::object& arguments,
                                         const std::vector<std::string>& sensitive);

/// Arguments as they may be recorded and shown to operators: those named in `sensitive` become
/// "[redacted]"; long strings are cut and end with their length and SHA-256, so that what was sent
/// can still be proven; a set that stays too large is replaced by its digest.
[[nodiscard]] boost::json::object sanitize(const boost::json::object& arguments,
                                           const std::vector<std::string>& sensitive);
/// A text that may quote arguments, an error message say, without the values of those named in
/// `sensitive`.
[[nodiscard]] std::string without_sensitive(std::string text, const boost::json::object& arguments,
                                            const std::vector<std::string>& sensitive);
/// sanitize() as text.
[[nodiscard]] JsonObjectText sanitized_text(const boost::json::object& arguments,
                                            const std::vector<std::string>& sensitive);
/// Whether these are the arguments as they were: sanitize() took nothing out of them. (Never true
/// of arguments that hold its marks themselves.)
[[nodiscard]] bool is_whole(const boost::json::object& sanitized);

}  // namespace kimbap::pipeline
