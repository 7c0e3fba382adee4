#include <CLI/CLI.hpp>

#include "app/mirrored_headers.hpp"
#include "app/provider_files.hpp"
#include "app/rules_loader.hpp"
#include "base/json_text.hpp"
#include "base/yaml_reader.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "manifests/loader.hpp"

namespace kimbap::cli {

namespace {

void list(Context& context) {
    const auto config = configured(context);
    if (!config) return;
    const auto loaded = app::load_rules(*config);
    if (!loaded) return report(context, loaded.error());
    json::array out;
    Table table({"ACTION", "RISK", "CREDENTIAL", "DESCRIPTION"});
    for (const auto& action : loaded->rules->actions->actions()) {
        const auto& risk = action.action->risk;
        const std::string level =
            std::string(manifests::name(risk.level)) + (risk.mutating ? ", changes" : "");
        const std::string credential = action.action->auth.reference();
        out.push_back({{"action", action.id},
                       {"tool", action.tool_name},
                       {"description", action.action->description},
                       {"risk", manifests::name(risk.level)},
                       {"mutating", risk.mutating},
                       {"credential_ref", credential}});
        table.add({action.id, level, credential.empty() ? "-" : credential,
                   printable(std::string_view(action.action->description).substr(0, 80))});
    }
    if (context.json) return print_json(json::object{{"actions", std::move(out)}});
    for (const std::string& notice : loaded->notices) std::fprintf(stderr, "%s\n", notice.c_str());
    table.print();
}

/// What the configuration allows; without one, what an empty egress.allow_private does.
std::optional<manifests::PlainHttpAllowed> plain_http_rule(Context& context) {
    if (!app::find_config(context.config_flag, context.environment)) {
        return manifests::PlainHttpAllowed([](std::string_view, std::uint16_t) { return false; });
    }
    const auto config = configured(context);
    if (!config) return std::nullopt;
    auto allowed = app::plain_http_allowed(*config);
    if (allowed) return std::move(*allowed);
    report(context, allowed.error());
    return std::nullopt;
}

/// Adds the faults of the OAuth providers in the `providers` folders of these paths; gives how many
/// there are.
std::size_t check_providers(const std::vector<std::string>& paths,
                            const manifests::PlainHttpAllowed& plain_http, Faults& faults) {
    const auto files = app::read_provider_files(paths);
    if (!files) {
        faults.push_back({"providers", 0, 0, files.error().message});
        return 0;
    }
    std::vector<oauth::ProviderFile> own;
    for (const oauth::ProviderFile& file : *files) {
        if (!file.shipped) own.push_back(file);
    }
    return oauth::ProviderSet::load(own, plain_http, faults)->all().size();
}

void validate(Context& context, const std::vector<std::string>& paths) {
    const auto files = list_yaml_files(paths);
    if (!files) return report(context, Exit::invalid, files.error().message);
    std::vector<manifests::ManifestFile> texts;
    for (const std::string& path : *files) {
        auto text = read_file(path);
        if (!text) return report(context, Exit::invalid, text.error().message);
        texts.push_back({path, std::move(*text)});
    }
    const auto plain_http = plain_http_rule(context);
    if (!plain_http) return;
    auto loaded = manifests::load_manifests(texts, *plain_http);
    const std::size_t providers = check_providers(paths, *plain_http, loaded.faults);
    std::vector<std::string> lines;
    for (const Fault& fault : loaded.faults) lines.push_back(to_string(fault));
    std::size_t services = loaded.services.size();
    if (lines.empty()) {
        const auto registry = manifests::ActionRegistry::create(std::move(loaded.services));
        if (!registry) lines.push_back(registry.error().message);
        const Result<void> headers =
            registry ? app::check_mirrored_headers(**registry) : Result<void>();
        if (!headers) lines.push_back(headers.error().message);
    }
    if (!lines.empty()) context.exit = Exit::invalid;
    if (context.json) {
        json::array faults(lines.begin(), lines.end());
        json::array warnings;
        for (const Fault& warning : loaded.warnings) warnings.emplace_back(to_string(warning));
        json::array skipped(loaded.skipped.begin(), loaded.skipped.end());
        return print_json(json::object{{"valid", faults.empty()},
                                       {"faults", std::move(faults)},
                                       {"warnings", std::move(warnings)},
                                       {"skipped", std::move(skipped)},
                                       {"services", services},
                                       {"providers", providers}});
    }
    for (const std::string& line : lines) print(line);
    for (const Fault& warning : loaded.warnings) print(to_string(warning) + " [warning]");
    for (const std::string& line : loaded.skipped) print(line);
    if (lines.empty()) {
        print("valid: " + counted(services, "service") +
              (providers == 0 ? "" : ", " + counted(providers, "OAuth provider")));
    }
}

}  // namespace

void add_service(CLI::App& root, Context& context) {
    auto* service =
        root.add_subcommand("service", "The services and actions that manifests declare");
    service->require_subcommand(1);
    auto* listing = service->add_subcommand("list", "Every action that agents could call");
    add_json_flag(*listing, context);
    listing->callback([&context] { list(context); });
    auto* validating = service->add_subcommand(
        "validate", "Check manifests; every fault with file, line and column");
    auto paths = std::make_shared<std::vector<std::string>>();
    validating->add_option("file", *paths, "Files or folders")->required();
    add_json_flag(*validating, context);
    validating->callback([&context, paths] { validate(context, *paths); });
    add_service_import(*service, context);
}

}  // namespace kimbap::cli
