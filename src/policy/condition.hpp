#pragma once

#include <string>

#include "policy/policy.hpp"

namespace kimbap::policy {

/// "args.amount gt 5000 (is 9900) holds": for explanations.
[[nodiscard]] std::string describe(const Condition& condition, const Request& request);

}  // namespace kimbap::policy
