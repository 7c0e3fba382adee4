#include "app/unknown_names.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
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
        for (const manifests::Service& service : actions.services()) services_.add(service.name);
        for (const manifests::RegisteredAction& action : actions.actions()) {
            ids_.add(action.id);
            ids_.add(action.action->name);
        }
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
    struct Known {
        std::vector<std::string_view> list;
        std::unordered_set<std::string_view> set;

        void add(std::string_view name) {
            if (set.insert(name).second) list.push_back(name);
        }
        [[nodiscard]] bool match(std::string_view pattern) const {
            if (set.contains(pattern)) return true;
            return pattern.find_first_of("*?") != std::string_view::npos &&
                   std::any_of(list.begin(), list.end(),
                               [&](std::string_view name) { return glob_match(pattern, name); });
        }
    };

    static std::string fault(std::string_view what, std::string_view pattern, const Known& known) {
        if (known.match(pattern)) return "";
        std::string out = "names the " + std::string(what) + " \"" + std::string(pattern) +
                          "\", which no manifest declares";
        const std::string_view near = nearest(pattern, known.list);
        if (!near.empty()) out.append(" (did you mean \"").append(near).append("\"?)");
        return out;
    }

    const manifests::ActionRegistry& actions_;
    Known services_;
    Known ids_;
};

}  // namespace

Faults unknown_names(const policy::PolicySet& policy, const manifests::ActionRegistry& actions,
                     std::size_t limit) {
    const Names names(actions);
    Faults out;
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
