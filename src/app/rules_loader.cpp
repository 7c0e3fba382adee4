#include "app/rules_loader.hpp"

#include <algorithm>

#include "app/mirrored_headers.hpp"
#include "app/provider_files.hpp"
#include "app/unknown_names.hpp"
#include "manifests/loader.hpp"
#include "net/address_guard.hpp"
#include "oauth/needed_scopes.hpp"

namespace kimbap::app {

namespace {

/// Slips of the pen that are worth a line in the log; `kimbap policy check` lists more.
constexpr std::size_t kMaxUnknownNames = 10;

constexpr const char* kZoneFolder = "/usr/share/zoneinfo/";

template <class File>
Result<std::vector<File>> read_files(const std::vector<std::string>& paths, std::string_view what) {
    const auto listed = list_yaml_files(paths);
    if (!listed) {
        return make_error(Errc::invalid_config, std::string(what) + ": " + listed.error().message);
    }
    std::vector<File> files;
    for (const std::string& path : *listed) {
        auto text = read_file(path);
        if (!text) return make_error(Errc::invalid_config, text.error().message);
        files.push_back({path, std::move(*text)});
    }
    return files;
}

Result<manifests::LoadedManifests> read_manifests(const Config& config,
                                                  const manifests::PlainHttpAllowed& plain_http) {
    const auto files = read_files<manifests::ManifestFile>(config.manifests, "manifests");
    if (!files) return files.error();
    return manifests::load_manifests(*files, plain_http);
}

}  // namespace

std::optional<std::string> read_zone(const std::string& name) {
    auto bytes = read_file(kZoneFolder + name, 1U << 20);
    if (!bytes) return std::nullopt;
    return std::move(*bytes);
}

Faults unknown_channels(const Config& config, const policy::PolicySet& policy) {
    Faults faults;
    for (const policy::Rule& rule : policy.rules()) {
        for (const std::string& name : rule.approval.channels) {
            const bool known =
                std::any_of(config.notify.begin(), config.notify.end(),
                            [&](const auto& channel) { return channel.name == name; });
            if (known) continue;
            faults.push_back({rule.file, rule.line, rule.column,
                              "rule \"" + rule.id + "\" notifies \"" + name +
                                  "\", which no entry of notify names (add it to the "
                                  "configuration)"});
        }
    }
    return faults;
}

Result<manifests::PlainHttpAllowed> plain_http_allowed(const Config& config) {
    auto guard = net::AddressGuard::create(config.egress.allow_private);
    if (!guard) {
        return make_error(Errc::invalid_config, config.file + ": " + guard.error().message);
    }
    return manifests::PlainHttpAllowed([guard = std::move(*guard)](std::string_view host,
                                                                   std::uint16_t port) {
        boost::system::error_code error;
        const auto address = boost::asio::ip::make_address(std::string(host), error);
        const auto probe = error ? boost::asio::ip::make_address("127.0.0.1") : address;
        return net::classify(probe) != net::AddressKind::global && guard.allows(host, probe, port);
    });
}

Result<std::shared_ptr<const manifests::ActionRegistry>> load_actions(const Config& config) {
    const auto plain_http = plain_http_allowed(config);
    if (!plain_http) return plain_http.error();
    auto loaded = read_manifests(config, *plain_http);
    if (!loaded) return loaded.error();
    if (!loaded->faults.empty()) {
        return make_error(Errc::invalid_config, to_string(loaded->faults));
    }
    return manifests::ActionRegistry::create(std::move(loaded->services));
}

std::shared_ptr<const pipeline::Rules> no_rules() {
    Faults none;
    const manifests::PlainHttpAllowed nowhere = [](std::string_view, std::uint16_t) {
        return false;
    };
    return std::make_shared<const pipeline::Rules>(pipeline::Rules{
        manifests::ActionRegistry::create({}).value(), policy::PolicySet::load({}, read_zone, none),
        oauth::ProviderSet::load({}, nowhere, none)});
}

Result<LoadedRules> load_rules(const Config& config) {
    LoadedRules out;
    const auto plain_http = plain_http_allowed(config);
    if (!plain_http) return plain_http.error();
    auto loaded = read_manifests(config, *plain_http);
    if (!loaded) return loaded.error();
    out.notices = std::move(loaded->skipped);
    for (const Fault& warning : loaded->warnings) out.notices.push_back(to_string(warning));
    Faults faults = std::move(loaded->faults);
    const auto provider_files = read_provider_files(config.manifests);
    if (!provider_files) return provider_files.error();
    auto providers = oauth::ProviderSet::load(*provider_files, *plain_http, faults);

    const auto policy_files = read_files<policy::PolicyFile>(config.policies, "policies");
    if (!policy_files) return policy_files.error();
    auto policy = policy::PolicySet::load(*policy_files, read_zone, faults);
    if (!faults.empty()) return make_error(Errc::invalid_config, to_string(faults));
    auto actions = manifests::ActionRegistry::create(std::move(loaded->services));
    if (!actions) return actions.error();
    const Result<void> headers = check_mirrored_headers(**actions);
    if (!headers) return headers.error();
    if (policy->empty()) {
        out.notices.push_back(
            "no policy is loaded: every call is denied (add a document to policies)");
    }
    for (const Fault& fault : unknown_names(*policy, **actions, kMaxUnknownNames)) {
        out.notices.push_back(to_string(fault));
    }
    for (const oauth::ConnectionId& id : oauth::needed_connections(**actions)) {
        if (providers->find(id.provider) != nullptr) continue;
        out.notices.push_back("a manifest needs the OAuth provider \"" + id.provider +
                              "\", which no file declares (add it to a providers folder beside the "
                              "manifests)");
    }
    out.rules = std::make_shared<const pipeline::Rules>(
        pipeline::Rules{std::move(*actions), std::move(policy), std::move(providers)});
    return out;
}

}  // namespace kimbap::app
