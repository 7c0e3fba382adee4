#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/error.hpp"
#include "base/faults.hpp"
#include "manifests/base_url.hpp"
#include "oauth/provider_set.hpp"
#include "pipeline/services.hpp"

namespace kimbap::app {

struct LoadedRules {
    std::shared_ptr<const pipeline::Rules> rules;
    std::vector<std::string> notices;  ///< Files left out, warnings: for the log.
};

/// Reads the configured manifests, OAuth providers and policies. Errors: invalid_config with every
/// fault, one a line.
[[nodiscard]] Result<LoadedRules> load_rules(const Config& config);

/// No actions, no providers, and a policy that denies everything.
[[nodiscard]] std::shared_ptr<const pipeline::Rules> no_rules();

/// The actions of the configured manifests alone. Errors: as load_rules.
[[nodiscard]] Result<std::shared_ptr<const manifests::ActionRegistry>> load_actions(
    const Config& config);

/// Rules whose `approval.channels` names what no entry of the config's `notify` does: the operators
/// would never hear of such a call.
[[nodiscard]] Faults unknown_channels(const Config& config, const policy::PolicySet& policy);

/// Where manifests may use plain http besides loopback, by the config's `egress.allow_private`.
[[nodiscard]] Result<manifests::PlainHttpAllowed> plain_http_allowed(const Config& config);

/// The bytes of a time zone from the system's database; nullopt where there is none of that name.
[[nodiscard]] std::optional<std::string> read_zone(const std::string& name);

/// The rules in force, replaced as a whole by a reload.
class RulesHolder final : public pipeline::RulesSource, public oauth::ProviderSource {
public:
    explicit RulesHolder(std::shared_ptr<const pipeline::Rules> rules) { set(std::move(rules)); }
    [[nodiscard]] std::shared_ptr<const pipeline::Rules> current() const override {
        return rules_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::shared_ptr<const oauth::ProviderSet> providers() const override {
        return current()->providers;
    }
    void set(std::shared_ptr<const pipeline::Rules> rules) { rules_.store(std::move(rules)); }

private:
    std::atomic<std::shared_ptr<const pipeline::Rules>> rules_;
};

}  // namespace kimbap::app
