#include "oauth/provider_set.hpp"

#include <algorithm>
#include <map>

#include "base/yaml_reader.hpp"
#include "oauth/provider_reader.hpp"

namespace kimbap::oauth {

std::shared_ptr<const ProviderSet> ProviderSet::load(std::span<const ProviderFile> files,
                                                     const manifests::PlainHttpAllowed& plain,
                                                     Faults& faults) {
    struct Entry {
        Provider provider;
        bool shipped;
    };
    std::map<std::string, Entry> found;
    for (const ProviderFile& file : files) {
        const auto document = parse_yaml(file.path, file.text, faults);
        if (!document) continue;
        Provider provider = read_provider(YamlReader(*document, file.path, faults), plain);
        if (file.shipped) provider.file.clear();
        const auto [at, added] = found.try_emplace(provider.name, Entry{provider, file.shipped});
        if (added) continue;
        if (!at->second.shipped && !file.shipped) {
            faults.push_back({file.path, 1, 1,
                              "a second provider named \"" + provider.name +
                                  "\" (the first is in " + at->second.provider.file + ")"});
        } else if (!file.shipped) {
            at->second = {std::move(provider), false};
        }
    }
    std::vector<Provider> providers;
    for (auto& [name, entry] : found) providers.push_back(std::move(entry.provider));
    return of(std::move(providers));
}

std::shared_ptr<const ProviderSet> ProviderSet::of(std::vector<Provider> providers) {
    auto out = std::make_shared<ProviderSet>();
    out->providers_ = std::move(providers);
    return out;
}

const Provider* ProviderSet::find(std::string_view name) const noexcept {
    const auto at = std::find_if(providers_.begin(), providers_.end(),
                                 [&](const Provider& provider) { return provider.name == name; });
    return at == providers_.end() ? nullptr : &*at;
}

}  // namespace kimbap::oauth
