#include "manifests/loader.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/auth_reader.hpp"
#include "manifests/leniency.hpp"
#include "manifests/recipe_reader.hpp"
#include "manifests/uri_template.hpp"

namespace kimbap::manifests {

namespace {

/// What all manifests together may have once.
struct Claims {
    std::map<std::string, std::string> services;   ///< Names and aliases; the file.
    std::map<std::string, std::string> resources;  ///< Shapes of URIs; the action's ID.
};

class ServiceReader {
public:
    ServiceReader(const std::string& file, const PlainHttpAllowed& plain, Claims& claims,
                  Faults& warnings)
        : plain_(plain), claims_(claims), warnings_(warnings) {
        service_.file = file;
    }

    Service read(const YamlReader& root) {
        if (!root.expect_map({"name", "version", "description", "aliases", "adapter", "base_url",
                              "auth", "redirects_to", "triggers", "gotchas", "recipes",
                              "actions"})) {
            return std::move(service_);
        }
        service_.name = require_text(root, "name").string();
        if (!service_.name.empty() && !is_word(service_.name, false)) {
            root.get("name").fault("\"" + service_.name +
                                   "\" is not a service name (lower-case letters, digits and -)");
        }
        claim_name(root.get("name"));
        service_.version = root.get("version").string();
        service_.description = root.get("description").string();
        for (const YamlReader& entry : one_or_more(root.get("aliases"))) {
            const std::string alias = entry.string();
            service_.aliases.push_back(to_lower(trim(alias)));
            if (!is_word(service_.aliases.back(), false)) {
                entry.fault("\"" + alias +
                            "\" is not a service name (lower-case letters, digits and -)");
            }
            claim_alias(service_.aliases.back(), entry);
        }
        read_base_url(require_text(root, "base_url"));
        if (const YamlReader auth = root.get("auth"); !auth.absent())
            service_.auth = read_auth(auth, warnings_);
        read_redirects(root.get("redirects_to"));
        read_triggers(root.get("triggers"));
        for (const YamlReader& entry : root.get("gotchas").elements()) read_gotcha(entry);
        for (const YamlReader& entry : root.get("recipes").elements()) {
            Recipe recipe = read_recipe(entry);
            claim_prompt(recipe, entry.get("name"));
            service_.recipes.push_back(std::move(recipe));
        }
        const YamlReader actions = root.require("actions");
        if (!actions.absent() && (!actions.is_map() || actions.members().empty())) {
            actions.fault("not a map of action names to actions (with at least one)");
        }
        for (const auto& [name, reader] : actions.members()) {
            service_.actions.push_back(read_action(name, reader, service_.auth, warnings_));
            claim_resource(service_.actions.back(), reader);
        }
        check_action_names(actions);
        return std::move(service_);
    }

private:
    void read_base_url(const YamlReader& reader) {
        std::string url = reader.string();
        if (url.empty()) return;
        while (url.ends_with('/')) url.pop_back();
        if (const std::string wrong = base_url_fault(url, plain_); !wrong.empty()) {
            return reader.fault(wrong);
        }
        service_.base_url = std::move(url);
    }

    void read_redirects(const YamlReader& reader) {
        for (std::string origin : reader.strings()) {
            while (origin.ends_with('/')) origin.pop_back();
            std::string wrong = base_url_fault(origin, plain_);
            if (wrong.empty() && origin.find('/', origin.find("//") + 2) != std::string::npos) {
                wrong =
                    "\"" + origin + "\" has a path (name an origin, like https://files.example)";
            }
            if (!wrong.empty()) {
                reader.fault(wrong);
            } else {
                service_.redirects_to.push_back(std::move(origin));
            }
        }
    }

    void read_triggers(const YamlReader& reader) {
        if (reader.absent() ||
            !reader.expect_map({"task_verbs", "objects", "instead_of", "exclusions"})) {
            return;
        }
        service_.triggers = {reader.get("task_verbs").strings(), reader.get("objects").strings(),
                             reader.get("instead_of").strings(),
                             reader.get("exclusions").strings()};
    }

    void read_gotcha(const YamlReader& reader) {
        if (!reader.expect_map({"symptom", "likely_cause", "recovery", "severity", "applies_to"}))
            return;
        service_.gotchas.push_back(
            {reader.get("symptom").string(), reader.get("likely_cause").string(),
             reader.get("recovery").string(), reader.get("severity").string(),
             reader.get("applies_to").strings()});
    }

    void claim_name(const YamlReader& reader) {
        if (service_.name.empty()) return;
        const auto [at, added] = claims_.services.try_emplace(service_.name, service_.file);
        if (added) return;
        reader.fault("a second service named \"" + service_.name + "\" (the first is in " +
                     at->second + ")");
    }

    void claim_alias(const std::string& alias, const YamlReader& reader) {
        if (alias == service_.name) return;
        const auto [at, added] = claims_.services.try_emplace(alias, service_.file);
        if (added) return;
        reader.fault("the service alias \"" + alias + "\" is used in " + at->second +
                     " too (choose another)");
    }

    /// Each recipe is a prompt, and found by its name.
    void claim_prompt(const Recipe& recipe, const YamlReader& name) const {
        if (recipe.name.empty()) return;
        for (const Recipe& other : service_.recipes) {
            if (other.name == recipe.name) return name.fault("is there twice (choose another)");
            if (other.slug() != recipe.slug()) continue;
            return name.fault("makes the prompt \"" + service_.name + "_" + recipe.slug() +
                              "\", as \"" + other.name + "\" does (choose another)");
        }
    }

    void claim_resource(const Action& action, const YamlReader& reader) {
        if (!action.resource) return;
        const auto uri = UriTemplate::parse(action.resource->uri);
        if (!uri) return;
        const std::string id = service_.name + "." + action.name;
        const auto [at, added] = claims_.resources.try_emplace(uri->shape(), id);
        if (added || at->second == id) return;
        reader.get("resource")
            .get("uri")
            .fault("\"" + action.resource->uri + "\" is also " + at->second + "'s (change one)");
    }

    /// Names and aliases of actions are unique within their service: its own names are over all.
    void check_action_names(const YamlReader& actions) const {
        std::map<std::string, std::string> names;
        for (const auto& [name, reader] : actions.members()) {
            names.emplace(name, name);
            check_own_tool(name, reader);
        }
        for (const auto& [name, reader] : actions.members()) {
            const YamlReader aliases = reader.get("aliases");
            if (!aliases.is_list() && !aliases.is_scalar()) continue;
            for (const YamlReader& entry : one_or_more(aliases)) {
                if (!entry.is_scalar()) continue;
                const std::string alias = to_lower(trim(entry.string()));
                const auto [at, added] = names.emplace(alias, name);
                if (added) {
                    check_own_tool(alias, entry);
                } else if (at->second != name) {
                    entry.fault("\"" + alias + "\" is also a name of " + at->second +
                                " (rename one)");
                }
            }
        }
    }

    void check_own_tool(const std::string& action, const YamlReader& reader) const {
        std::vector<std::string> services = service_.aliases;
        services.push_back(service_.name);
        for (const std::string& service : services) {
            if (service + "_" + action != kOwnTool) continue;
            reader.fault("the tool " + std::string(kOwnTool) +
                         " is kimbap's own (rename the action or the service)");
        }
    }

    const PlainHttpAllowed& plain_;
    Claims& claims_;
    Faults& warnings_;
    Service service_;
};

/// In small letters; "http" where none is named.
std::string adapter_of(const YamlReader& root) {
    const YamlReader adapter = root.get("adapter");
    const std::string text = adapter.is_scalar() ? adapter.string() : "";
    return trim(text).empty() ? "http" : to_lower(trim(text));
}

}  // namespace

LoadedManifests load_manifests(std::span<const ManifestFile> files,
                               const PlainHttpAllowed& plain_http_allowed) {
    LoadedManifests out;
    Claims claims;
    for (const ManifestFile& file : files) {
        const auto document = parse_yaml_merged(file.path, file.text, out.faults);
        if (!document) continue;
        const YamlReader root(*document, file.path, out.faults, Nulls::left_out);
        const std::string adapter = adapter_of(root);
        if (adapter == "command" || adapter == "applescript") {
            out.skipped.push_back(file.path + ": left out: adapter \"" + adapter +
                                  "\" is not supported (kimbap calls HTTP APIs)");
            continue;
        }
        if (adapter != "http") {
            root.get("adapter").fault("\"" + adapter + "\" is not known (http)");
            continue;
        }
        out.services.push_back(
            ServiceReader(file.path, plain_http_allowed, claims, out.warnings).read(root));
    }
    std::sort(out.services.begin(), out.services.end(),
              [](const Service& a, const Service& b) { return a.name < b.name; });
    return out;
}

}  // namespace kimbap::manifests
