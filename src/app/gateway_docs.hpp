#pragma once

#include <string>
#include <string_view>

#include "manifests/manifest.hpp"

namespace kimbap::app {

inline constexpr std::string_view kServiceUris = "kimbap://services/";
inline constexpr std::string_view kApprovalUris = "kimbap://approvals/";

/// A service's documentation as Markdown.
[[nodiscard]] std::string document(const manifests::Service& service);

}  // namespace kimbap::app
