#pragma once

#include <span>
#include <string_view>

namespace kimbap::app {

/// A file of the source tree that the binary carries: the shipped manifests and the default policy.
struct Asset {
    std::string_view path;  ///< "manifests/github.yaml", "internal/policy/default.yaml"
    std::string_view text;
};

[[nodiscard]] std::span<const Asset> embedded_files();

}  // namespace kimbap::app
