#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"

namespace kimbap::cli {

/// Something of the installation that other users of the machine can get at.
struct OpenPath {
    std::string text;      ///< What, and the mend.
    bool exposed = false;  ///< A secret can be read; else something could be changed.
};

/// What others can read (the data directory, its files, the vault secret) or change (besides these
/// the configuration, manifests and policies: who writes those decides about calls). Also files
/// that belong to another user than the process and root.
[[nodiscard]] std::vector<OpenPath> open_to_others(const app::Config& config);

}  // namespace kimbap::cli
