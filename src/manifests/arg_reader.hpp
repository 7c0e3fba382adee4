#pragma once

#include <vector>

#include "base/yaml_reader.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

/// Reads the arguments of an action: its `args` list, a verbatim JSON Schema under `schema`, or a
/// schema given as `args`. Fills in args, input_schema and verbatim_schema; faults go to the
/// reader, what is passed over to `warnings`.
void read_args(const YamlReader& action, Action& out, Faults& warnings);

/// Reads an argument's `name`; one that no placeholder can name is a fault.
[[nodiscard]] std::string read_arg_name(const YamlReader& arg);

}  // namespace kimbap::manifests
