#include <gmock/gmock.h>

#include <filesystem>

#include "base/yaml_reader.hpp"
#include "oauth/provider_set.hpp"

namespace kimbap::oauth {
namespace {

using ::testing::ElementsAre;

TEST(ShippedProviders, AreWhole) {
    const std::vector<std::string> folder{KIMBAP_SOURCE_DIR "/manifests/providers"};
    std::vector<ProviderFile> files;
    for (const std::string& path : list_yaml_files(folder).value()) {
        files.push_back({path, read_file(path).value(), true});
    }
    Faults faults;
    const auto set = ProviderSet::load(
        files, [](std::string_view, std::uint16_t) { return false; }, faults);
    EXPECT_TRUE(faults.empty()) << to_string(faults);
    std::vector<std::string> names;
    for (const Provider& provider : set->all()) {
        names.push_back(provider.name);
        // Whatever a manifest says: a token of a shipped provider goes to the provider's own API.
        EXPECT_FALSE(provider.admits("https://evil.example")) << provider.name;
        EXPECT_FALSE(provider.flows.empty()) << provider.name;
    }
    EXPECT_THAT(names, ElementsAre("github", "google", "linear", "microsoft", "notion", "slack"));
}

}  // namespace
}  // namespace kimbap::oauth
