#pragma once

#include <chrono>
#include <memory>

#include "base/clock.hpp"
#include "manifests/action_registry.hpp"
#include "policy/policy.hpp"

namespace kimbap::approval {
class ApprovalManager;
}
namespace kimbap::async {
class WorkerPool;
}
namespace kimbap::audit {
class Writer;
}
namespace kimbap::identity {
class TokenRegistry;
}
namespace kimbap::oauth {
class Broker;
class ProviderSet;
}  // namespace kimbap::oauth
namespace kimbap::vault {
class Vault;
}

namespace kimbap::pipeline {

class CallMetrics;

/// What is called and what decides about it, as one consistent whole: a reload replaces both at
/// once.
struct Rules {
    std::shared_ptr<const manifests::ActionRegistry> actions;
    std::shared_ptr<const policy::PolicySet> policy;
    std::shared_ptr<const oauth::ProviderSet> providers;
};

class RulesSource {
public:
    virtual ~RulesSource() = default;
    /// The rules in force. A call keeps what it got, but for waits: what was held or confirmed is
    /// decided by the rules of then. Thread-safe, wait-free in practice.
    [[nodiscard]] virtual std::shared_ptr<const Rules> current() const = 0;
};

struct Settings {
    std::chrono::milliseconds timeout{30'000};  ///< For one attempt, egress.timeout.
    std::size_t max_response_bytes = 16U << 20;
    std::chrono::milliseconds approval_expires{1'800'000};
    int approvals_required = 1;
};

/// What the stages work with. Shared by the pipelines of all threads; outlives them.
struct Services {
    const RulesSource& rules;
    identity::TokenRegistry& tokens;
    vault::Vault& vault;
    oauth::Broker& oauth;
    approval::ApprovalManager& approvals;
    audit::Writer& audit;
    policy::RateLimiter& limiter;
    async::WorkerPool& workers;
    const Clock& clock;
    CallMetrics& metrics;
    Settings settings;
};

}  // namespace kimbap::pipeline
