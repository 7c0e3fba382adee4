#pragma once

#include <string>
#include <string_view>

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads one entry of `actions`; faults go to the reader, what is passed over to `warnings`.
/// `service_auth` holds where the action has no `auth` of its own.
[[nodiscard]] Action read_action(const std::string& name, const YamlReader& reader,
                                 const Auth& service_auth, Faults& warnings);

/// Like YamlReader::require, and a fault where the value is an empty text.
[[nodiscard]] YamlReader require_text(const YamlReader& map, std::string_view key);

/// Reads a map of names to values where there is one; anything else that is not empty is a fault.
[[nodiscard]] std::vector<std::pair<std::string, YamlReader>> members_of(const YamlReader& reader);

/// Whether kimbap sets a header of requests itself, so that a manifest can't.
[[nodiscard]] bool is_own_header(std::string_view name);
/// Whether a header of requests can't carry anything else: those, and what says how a message is
/// encoded.
[[nodiscard]] bool is_taken_header(std::string_view name);

/// Lower-case letters, digits and '-' from a letter on, and '_' where `underscore`.
[[nodiscard]] bool is_word(std::string_view text, bool underscore);

}  // namespace kimbap::manifests
