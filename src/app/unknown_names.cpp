#include "app/unknown_names.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "manifests/action_registry.hpp"
#include "policy/policy.hpp"

namespace kimbap::app {

namespace {

class Names {
public:
    explicit Names(const manifests::ActionRegistry& actions) : actions_(actions) {
        for (const manifests::Service& service : actions.services()) {
            services_.emplace_back(service.name);
        }
        for (const manifests::RegisteredAction& action : actions.actions()) {
            ids_.emplace_back(action.id);
            ids_.emplace_back(action.action->name);
        }
        std::sort(services_.begin(), services_.end());
        std::sort(ids_.begin(), ids_.end());
    }

    /// What is wrong with a pattern of `match.services`; "" where it means something.
    [[nodiscard]] std::string service_fault(std::string_view pattern) const {
        return fault("service", pattern, services_);
    }
    /// The same for `match.actions`, which name actions with or without their service.
    [[nodiscard]] std::string action_fault(std::string_view pattern) const {
        std::string out = fault("action", pattern, ids_);
        const auto* const by_tool_name = actions_.find(pattern);
        if (out.empty() || by_tool_name == nullptr) return out;
        return "names the tool \"" + std::string(pattern) + "\": rules go by the action (write \"" +
               by_tool_name->id + "\")";
    }

private:
    using Sorted = std::vector<std::string_view>;

    static bool means_any(std::string_view pattern, const Sorted& names) {
        if (is_plain(pattern)) {
            return std::binary_search(names.begin(), names.end(), pattern);
        }
        return std::any_of(names.begin(), names.end(),
                           [&](std::string_view name) { return glob_match(pattern, name); });
    }

    static std::string fault(std::string_view what, std::string_view pattern, const Sorted& names) {
        if (means_any(pattern, names)) return "";
        return "names the " + std::string(what) + " \"" + std::string(pattern) +
               "\", which no manifest declares" + suggestion(pattern, names);
    }

    const manifests::ActionRegistry& actions_;
    Sorted services_;
    Sorted ids_;
};

}  // namespace

Faults unknown_names(const policy::PolicySet& policy, const manifests::ActionRegistry& actions,
                     std::size_t limit) {
    Faults out;
    const bool any =
        std::any_of(policy.rules().begin(), policy.rules().end(), [](const auto& rule) {
            return !rule.match.services.empty() || !rule.match.actions.empty();
        });
    if (!any) return out;  // as where the shipped policy starts up alone
    const Names names(actions);
    for (const policy::Rule& rule : policy.rules()) {
        if (out.size() >= limit) break;
        const auto add = [&](const std::string& fault) {
            if (fault.empty() || out.size() >= limit) return;
            out.push_back({rule.file, rule.line, rule.column, "rule \"" + rule.id + "\" " + fault});
        };
        for (const std::string& pattern : rule.match.services) add(names.service_fault(pattern));
        for (const std::string& pattern : rule.match.actions) add(names.action_fault(pattern));
    }
    return out;
}

}  // namespace kimbap::app
