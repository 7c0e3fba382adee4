#pragma once

#include <cstddef>

#include "base/faults.hpp"

namespace kimbap::policy {
class PolicySet;
}
namespace kimbap::manifests {
class ActionRegistry;
}

namespace kimbap::app {

/// The first `limit` services and actions that rules name and no manifest declares, each with the
/// nearest that one does. Such a rule is no fault, as its manifest may be away for a while; but
/// where it was meant to hold a call back, a slip of the pen in it lets the next rule decide.
[[nodiscard]] Faults unknown_names(const policy::PolicySet& policy,
                                   const manifests::ActionRegistry& actions, std::size_t limit);

}  // namespace kimbap::app
