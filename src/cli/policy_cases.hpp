#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/faults.hpp"
#include "operator_api/policies.hpp"
#include "policy/policy.hpp"

namespace kimbap::cli {

/// One row of a table test of policy: a call, and what is expected of it.
struct PolicyCase {
    std::string name;  ///< "" where the row has none.
    int line = 0;
    int column = 0;
    operator_api::HypotheticalCall call;
    bool agent_given = false, roles_given = false;
    std::optional<TimePoint> at;
    policy::Outcome decision = policy::Outcome::deny;
    std::optional<std::string> rule;  ///< "" for none matched; nullopt where any will do.
    std::optional<std::int64_t> wait_seconds;
};

struct PolicyCases {
    std::vector<std::string> policies;  ///< As written; empty where the config's are meant.
    std::vector<PolicyCase> cases;
};

/// Reads a table (docs/policy.md, "Tests"). Adds every fault; the result counts only without any.
[[nodiscard]] PolicyCases read_policy_cases(const std::string& file, std::string_view text,
                                            Faults& faults);

}  // namespace kimbap::cli
