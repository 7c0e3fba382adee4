#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"
#include "manifests/base_url.hpp"
#include "manifests/manifest.hpp"

namespace kimbap::manifests {

struct ManifestFile {
    std::string path;  ///< For messages.
    std::string text;
};

struct LoadedManifests {
    std::vector<Service> services;  ///< Sorted by name.
    /// Files that were left out by name, because their adapter is not HTTP: one message each.
    std::vector<std::string> skipped;
    Faults warnings;  ///< What loads, but does less than it says.
    Faults faults;    ///< All of them; where there is any, `services` is not to be used.
};

/// The tool of kimbap's own that no action may take the name of.
inline constexpr std::string_view kOwnTool = "kimbap_approval_result";

/// Reads manifests (contract section 5). Pure: the texts come from the caller.
[[nodiscard]] LoadedManifests load_manifests(std::span<const ManifestFile> files,
                                             const PlainHttpAllowed& plain_http_allowed);

}  // namespace kimbap::manifests
