#pragma once

#include <string>

#include "base/yaml_reader.hpp"

/// Manifests that others wrote for this schema load as they stand: what they may say beyond what
/// kimbap needs is taken, and where it has no effect, they are told.
namespace kimbap::manifests {

/// Records what loads at `where`, but does less than its author may think.
void warn(const YamlReader& where, Faults& warnings, const std::string& message);

}  // namespace kimbap::manifests
