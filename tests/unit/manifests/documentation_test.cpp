#include <fstream>
#include <sstream>

#include "manifests/action_registry.hpp"
#include "unit/manifests/support.hpp"

/// The manifests in docs/manifests.md load as they stand.
namespace kimbap::manifests::test {
namespace {

using ::testing::Ge;
using ::testing::IsEmpty;

std::vector<ManifestFile> documented() {
    std::ifstream in(KIMBAP_SOURCE_DIR "/docs/manifests.md");
    std::stringstream text;
    text << in.rdbuf();
    std::string rest = text.str();
    std::vector<ManifestFile> files;
    constexpr std::string_view open = "```yaml\n";
    for (std::size_t at = rest.find(open); at != std::string::npos; at = rest.find(open)) {
        rest.erase(0, at + open.size());
        const std::string block = rest.substr(0, rest.find("```"));
        if (block.starts_with("name:")) {
            files.push_back({"block" + std::to_string(files.size()), block});
        }
    }
    return files;
}

TEST(DocumentationTest, TheExamplesLoad) {
    const auto files = documented();
    EXPECT_THAT(files.size(), Ge(2U));
    LoadedManifests loaded = load(files);
    EXPECT_THAT(loaded.faults, IsEmpty()) << to_string(loaded.faults);
    const auto registry = ActionRegistry::create(std::move(loaded.services));
    EXPECT_TRUE(registry) << registry.error().message;
}

}  // namespace
}  // namespace kimbap::manifests::test
