#include "manifests/action_registry.hpp"

#include <algorithm>
#include <map>

#include "base/digest.hpp"
#include "base/json_text.hpp"
#include "manifests/output_schema.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::size_t kSuffixChars = 8;

std::string description_of(const Service& service, const Action& action) {
    std::string out = action.description;
    for (const std::string& warning : action.warnings) out += "\nWarning: " + warning;
    if (action.confirm) out += "\nThe user is asked to confirm each call.";
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
    std::string out = R"({"name":)";
    append_json_string(out, registered.tool_name);
    out += R"(,"title":)";
    append_json_string(out, registered.service->name + ": " + action.name);
    out += R"(,"description":)";
    append_json_string(out, description_of(*registered.service, action));
    out += R"(,"inputSchema":)";
    append_json(out, action.input_schema);
    out += R"(,"annotations":)";
    append_json(out, annotations_of(action));
    out += '}';
    return out;
}

void promise_results(RegisteredAction& registered) {
    if (!registered.action->response.compiled) return;
    const json::object& schema = registered.action->response.schema;
    registered.output_schema = to_json(schema);
    if (const auto object = object_schema_of(schema)) {
        registered.object_output_schema = to_json(*object);
    }
}

/// The reader has refused what is no template.
void offer_resource(RegisteredAction& registered) {
    const auto& resource = registered.action->resource;
    if (!resource) return;
    auto uri = UriTemplate::parse(resource->uri);
    if (!uri) return;
    json::object out{{uri->variables().empty() ? "uri" : "uriTemplate", resource->uri},
                     {"name", resource->name},
                     {"title", registered.service->name + ": " + registered.action->name},
                     {"description", resource->description}};
    if (!resource->mime_type.empty()) out["mimeType"] = resource->mime_type;
    registered.uri = std::move(*uri);
    registered.resource_json = to_json(out);
}

/// A variable's value as the JSON that its argument wants; as text where it can't be that.
json::value argument_of(const Action& action, const std::string& name, const std::string& text) {
    const auto arg = std::find_if(action.args.begin(), action.args.end(),
                                  [&](const Arg& one) { return one.name == name; });
    const json::value* type = arg == action.args.end() ? nullptr : arg->schema.if_contains("type");
    const bool typed =
        type != nullptr && (*type == "integer" || *type == "number" || *type == "boolean");
    if (!typed) return json::value(text);
    auto value = parse_json(text);
    if (!value || !(value->is_number() || value->is_bool())) return json::value(text);
    return std::move(*value);
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

std::vector<std::string> dotted_args(const json::object& schema) {
    std::vector<std::string> out;
    const json::value* const properties = schema.if_contains("properties");
    if (properties == nullptr || !properties->is_object()) return out;
    const json::object& declared = properties->get_object();
    for (const auto& property : declared) {
        const std::string_view name = property.key();
        std::size_t dot = name.find('.');
        const bool has_dot = dot != std::string_view::npos;
        while (dot != std::string_view::npos && !declared.contains(name.substr(0, dot))) {
            dot = name.find('.', dot + 1);
        }
        if (has_dot && dot == std::string_view::npos) out.emplace_back(name);
    }
    return out;
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
                                        std::nullopt,
                                        "",
                                        action.sensitive_args(),
                                        dotted_args(action.input_schema)};
            promise_results(registered);
            offer_resource(registered);
            registered.tool_json = tool_json_of(registered);
            registry->actions_.push_back(std::move(registered));
        }
    }
    std::sort(registry->actions_.begin(), registry->actions_.end(),
              [](const auto& a, const auto& b) { return a.tool_name < b.tool_name; });
    registry->index(faults);
    registry->index_resources(faults);
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

void ActionRegistry::index_resources(Faults& faults) {
    std::map<std::string, std::size_t> shapes;
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        const RegisteredAction& one = actions_[i];
        if (!one.uri) continue;
        const auto [found, added] = shapes.try_emplace(one.uri->shape(), i);
        if (!added) {
            faults.push_back({one.service->file, 0, 0,
                              "the resource \"" + one.action->resource->uri + "\" of " + one.id +
                                  " is also " + actions_[found->second].id + "'s (change one)"});
        }
        resources_.push_back(i);
    }
    std::stable_partition(resources_.begin(), resources_.end(),
                          [&](std::size_t i) { return actions_[i].uri->variables().empty(); });
}

std::vector<ResourceMatch> ActionRegistry::resources_at(std::string_view uri) const {
    std::vector<ResourceMatch> out;
    for (const std::size_t i : resources_) {
        const auto values = actions_[i].uri->match(uri);
        if (!values) continue;
        ResourceMatch& found = out.emplace_back(ResourceMatch{&actions_[i], {}});
        for (const auto& [name, text] : *values) {
            found.arguments[name] = argument_of(*actions_[i].action, name, text);
        }
    }
    return out;
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
