#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads an action's `response:`; faults go to the reader.
[[nodiscard]] ResponseSpec read_response(const YamlReader& reader);

}  // namespace kimbap::manifests
