#pragma once

#include <optional>
#include <string>

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads an action's `confirm`, a question or a map of `message` and `without`; nullopt where it
/// has none. `action` has its arguments already: a question that would show a sensitive one is a
/// fault. Whether placeholders are arguments at all is not checked here.
[[nodiscard]] std::optional<Confirmation> read_confirmation(const YamlReader& confirm,
                                                            const Action& action);

/// Where the question stands: `confirm` itself, or its `message`.
[[nodiscard]] YamlReader message_of(const YamlReader& confirm);

/// The question over one call's arguments. A value is what an agent made up, put before somebody
/// who decides by it: it stays on its line, hides nothing, and is cut at kMaxShownValue; an absent
/// one is
/// "(none)".
[[nodiscard]] std::string question(const Confirmation& confirmation, const json::object& arguments);

/// In bytes.
inline constexpr std::size_t kMaxShownValue = 200;

}  // namespace kimbap::manifests
