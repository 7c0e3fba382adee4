#pragma once

#include <optional>
#include <string>

#include "manifests/manifest.hpp"
#include "manifests/response.hpp"

/// What an action's `response.schema` promises of its answers (MCP server/tools, Output Schema).
namespace kimbap::manifests {

/// What keeps a shaped answer, no error, from being what the action promises, in words for the
/// caller; nullopt where it keeps the promise, or there is none.
[[nodiscard]] std::optional<std::string> broken_promise(const Action& action,
                                                        const ShapedResponse& shaped);

/// The schema for clients whose structured results are objects alone (before 2026-07-28), where
/// anything else is an object's "result": itself where it stands for objects, else wrapped
/// likewise; nullopt where it may stand for both, or doesn't say.
[[nodiscard]] std::optional<json::object> object_schema_of(const json::object& schema);

/// Makes the references of a schema lead to the same place once it stands at the JSON pointer
/// `root` of another.
void rebase_references(json::value& schema, const std::string& root);

}  // namespace kimbap::manifests
