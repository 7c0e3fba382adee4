#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads one entry of `recipes`; faults go to the reader.
[[nodiscard]] Recipe read_recipe(const YamlReader& reader);

}  // namespace kimbap::manifests
