#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "manifests/manifest.hpp"

namespace kimbap::app {

inline constexpr std::string_view kServiceUris = "kimbap://services/";
inline constexpr std::string_view kApprovalUris = "kimbap://approvals/";

/// A service's documentation as Markdown, with those of its actions that are `shown`.
[[nodiscard]] std::string document(const manifests::Service& service,
                                   const std::function<bool(const manifests::Action&)>& shown);

}  // namespace kimbap::app
