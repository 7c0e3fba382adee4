#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads the `resource` of an action whose other keys are read already; faults go to the reader.
void read_resource(const YamlReader& reader, Action& out);

}  // namespace kimbap::manifests
