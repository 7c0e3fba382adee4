#include "manifests/action_registry.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/json_text.hpp"
#include "manifests/output_schema.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kSuffixChars = 8;

std::string description_of(const Service& service, const Action& action) {
    std::string out = action.description;
    for (const std::string& warning : action.warnings) out += "\nWarning: " + warning;
    for (const Gotcha& gotcha : service.gotchas) {
        const auto& applies = gotcha.applies_to;
        if (std::find(applies.begin(), applies.end(), action.name) == applies.end()) continue;
        out += "\nIf " + gotcha.symptom + ": " + gotcha.recovery;
    }
    return out;
}

json::object annotations_of(const Action& action) {
    const bool reads = !action.risk.mutating;
    json::object out{{"readOnlyHint", reads}, {"openWorldHint", true}};
    if (!reads) {
        out["destructiveHint"] = action.method == "DELETE" || action.risk.level >= RiskLevel::high;
        out["idempotentHint"] = action.idempotent;
    }
    return out;
}

/// A verbatim schema goes out as it came; one made from `args` without kimbap's own markers.
std::string tool_json_of(const RegisteredAction& registered) {
    const Action& action = *registered.action;
    json::object tool{{"name", registered.tool_name},
                      {"title", registered.service->name + ": " + action.name},
                      {"description", description_of(*registered.service, action)},
                      {"inputSchema", action.input_schema},
                      {"annotations", annotations_of(action)}};
    return to_json(tool);
}

void promise_results(RegisteredAction& registered) {
    if (!registered.action->response.compiled) return;
    const json::object& schema = registered.action->response.schema;
    registered.output_schema = to_json(schema);
    if (const auto object = object_schema_of(schema)) {
        registered.object_output_schema = to_json(*object);
    }
}

}  // namespace

std::string offered_name(std::string_view name) {
    std::string out(name);
    std::replace_if(
        out.begin(), out.end(),
        [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-');
        },
        '_');
    if (out.size() <= kMaxToolName) return out;
    return out.substr(0, kMaxToolName - kSuffixChars - 1) + "_" +
           sha256_hex(name).substr(0, kSuffixChars);
}

Result<std::shared_ptr<const ActionRegistry>> ActionRegistry::create(
    std::vector<Service> services) {
    auto registry = std::shared_ptr<ActionRegistry>(new ActionRegistry);
    registry->services_ = std::move(services);
    Faults faults;
    for (const Service& service : registry->services_) {
        for (const Action& action : service.actions) {
            auto schema = action.compiled ? Result<Schema>(*action.compiled)
                                          : Schema::compile(action.input_schema);
            if (!schema) {
                faults.push_back({service.file, 0, 0, action.name + ": " + schema.error().message});
                continue;
            }
            RegisteredAction registered{&service,
                                        &action,
                                        service.name + "." + action.name,
                                        offered_name(service.name + "_" + action.name),
                                        std::move(*schema),
                                        "",
                                        "",
                                        "",
                                        action.sensitive_args()};
            promise_results(registered);
            registered.tool_json = tool_json_of(registered);
            registry->actions_.push_back(std::move(registered));
        }
    }
    std::sort(registry->actions_.begin(), registry->actions_.end(),
              [](const auto& a, const auto& b) { return a.tool_name < b.tool_name; });
    registry->index(faults);
    if (!faults.empty()) return make_error(Errc::invalid_config, to_string(faults));
    return std::shared_ptr<const ActionRegistry>(std::move(registry));
}

void ActionRegistry::index(Faults& faults) {
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        const RegisteredAction& one = actions_[i];
        add_name(one.tool_name, i, false, faults);
        add_name(one.id, i, false, faults);
        add_name(one.service->name + "_" + one.action->name, i, false, faults);
    }
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        const RegisteredAction& one = actions_[i];
        std::vector<std::string> services = one.service->aliases;
        services.push_back(one.service->name);
        std::vector<std::string> names = one.action->aliases;
        names.push_back(one.action->name);
        for (const std::string& service : services) {
            for (const std::string& name : names) {
                add_name(service + "." + name, i, true, faults);
                add_name(service + "_" + name, i, true, faults);
            }
        }
    }
}

void ActionRegistry::add_name(std::string name, std::size_t at, bool alias, Faults& faults) {
    const auto [found, added] = by_name_.try_emplace(std::move(name), at);
    if (added || found->second == at) return;
    const RegisteredAction& other = actions_[found->second];
    faults.push_back({actions_[at].service->file, 0, 0,
                      std::string(alias ? "the alias" : "the tool name") + " \"" + found->first +
                          "\" of " + actions_[at].id + " is also " + other.id + "'s (rename one)"});
}

const RegisteredAction* ActionRegistry::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &actions_[found->second];
}

const Service* ActionRegistry::service(std::string_view name) const {
    for (const Service& service : services_) {
        if (service.name == name) return &service;
    }
    return nullptr;
}

}  // namespace kimbap::manifests
