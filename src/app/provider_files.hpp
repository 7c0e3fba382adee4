#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/error.hpp"
#include "oauth/provider_set.hpp"

namespace kimbap::app {

/// The `providers` folders in the manifests' folders: where operators declare OAuth providers.
/// Their files are no service manifests, which are read from the folder itself alone.
[[nodiscard]] std::vector<std::string> provider_folders(const std::vector<std::string>& manifests);

/// The provider documents that the binary carries, and those in provider_folders().
/// Errors: invalid_config.
[[nodiscard]] Result<std::vector<oauth::ProviderFile>> read_provider_files(
    const std::vector<std::string>& manifests);

}  // namespace kimbap::app
