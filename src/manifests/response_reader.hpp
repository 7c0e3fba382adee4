#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// A path into answers (path.hpp); one that can lead nowhere is a fault.
[[nodiscard]] std::string read_path(const YamlReader& reader);

/// Reads an action's `response:`; faults go to the reader.
[[nodiscard]] ResponseSpec read_response(const YamlReader& reader, Faults& warnings);

}  // namespace kimbap::manifests
