#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads an `auth:`, of a service or an action; faults go to the reader.
[[nodiscard]] Auth read_auth(const YamlReader& reader, Faults& warnings);

}  // namespace kimbap::manifests
