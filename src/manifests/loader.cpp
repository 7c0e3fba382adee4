#include "manifests/loader.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "manifests/action_reader.hpp"
#include "manifests/auth_reader.hpp"
#include "manifests/leniency.hpp"
#include "manifests/recipe_reader.hpp"

namespace kimbap::manifests {

namespace {

class ServiceReader {
public:
    ServiceReader(const std::string& file, const PlainHttpAllowed& plain, Faults& warnings)
        : plain_(plain), warnings_(warnings) {
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
        service_.version = root.get("version").string();
        service_.description = root.get("description").string();
        for (const YamlReader& entry : one_or_more(root.get("aliases"))) {
            const std::string alias = entry.string();
            service_.aliases.push_back(to_lower(trim(alias)));
            if (!is_word(service_.aliases.back(), false)) {
                entry.fault("\"" + alias +
                            "\" is not a service name (lower-case letters, digits and -)");
            }
        }
        read_base_url(require_text(root, "base_url"));
        if (const YamlReader auth = root.get("auth"); !auth.absent())
            service_.auth = read_auth(auth, warnings_);
        read_redirects(root.get("redirects_to"));
        read_triggers(root.get("triggers"));
        for (const YamlReader& entry : root.get("gotchas").elements()) read_gotcha(entry);
        for (const YamlReader& entry : root.get("recipes").elements()) {
            service_.recipes.push_back(read_recipe(entry));
        }
        const YamlReader actions = root.require("actions");
        if (!actions.absent() && (!actions.is_map() || actions.members().empty())) {
            actions.fault("not a map of action names to actions (with at least one)");
        }
        for (const auto& [name, reader] : actions.members()) {
            service_.actions.push_back(read_action(name, reader, service_.auth, warnings_));
        }
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
        if (reader.absent() || reader.is_null() ||
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

    const PlainHttpAllowed& plain_;
    Faults& warnings_;
    Service service_;
};

void check_unique(std::vector<Service>& services, Faults& faults) {
    std::map<std::string, std::string> seen;
    for (const Service& service : services) {
        for (const std::string& name : service.aliases) {
            if (name == service.name) continue;
            if (const auto [at, added] = seen.try_emplace(name, service.file); !added) {
                faults.push_back(
                    {service.file, 1, 1,
                     "the service alias \"" + name + "\" is used in " + at->second + " too"});
            }
        }
        if (const auto [at, added] = seen.try_emplace(service.name, service.file); !added) {
            faults.push_back({service.file, 1, 1,
                              "a second service named \"" + service.name + "\" (the first is in " +
                                  at->second + ")"});
        }
    }
}

/// In small letters; "http" where none is named.
std::string adapter_of(const YamlReader& root) {
    const YamlReader adapter = root.get("adapter");
    const std::string text = adapter.is_scalar() ? adapter.string() : "";
    return trim(text).empty() || adapter.is_null() ? "http" : to_lower(trim(text));
}

}  // namespace

LoadedManifests load_manifests(std::span<const ManifestFile> files,
                               const PlainHttpAllowed& plain_http_allowed) {
    LoadedManifests out;
    for (const ManifestFile& file : files) {
        const auto document = parse_yaml_merged(file.path, file.text, out.faults);
        if (!document) continue;
        const YamlReader root(*document, file.path, out.faults);
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
            ServiceReader(file.path, plain_http_allowed, out.warnings).read(root));
    }
    std::sort(out.services.begin(), out.services.end(),
              [](const Service& a, const Service& b) { return a.name < b.name; });
    check_unique(out.services, out.faults);
    return out;
}

}  // namespace kimbap::manifests
