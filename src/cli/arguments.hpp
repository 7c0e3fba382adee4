#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>

#include "base/error.hpp"
#include "manifests/action_registry.hpp"

namespace kimbap::cli {

/// The arguments of a call as the command line gives them: `input` a JSON object, @FILE or - for
/// stdin ("" for none), and over it `pairs` of NAME=VALUE. A value is text where `action` declares
/// a string, and JSON where it declares anything else; without an action, JSON where it is any.
/// Errors: invalid_argument, and read_file's.
[[nodiscard]] Result<boost::json::object> read_arguments(std::span<const std::string> pairs,
                                                         const std::string& input,
                                                         const manifests::RegisteredAction* action);

}  // namespace kimbap::cli
