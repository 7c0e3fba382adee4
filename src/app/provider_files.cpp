#include "app/provider_files.hpp"

#include <filesystem>

#include "app/assets.hpp"
#include "base/yaml_reader.hpp"

namespace kimbap::app {

std::vector<std::string> provider_folders(const std::vector<std::string>& manifests) {
    std::vector<std::string> out;
    for (const std::string& path : manifests) {
        const auto folder = std::filesystem::path(path) / "providers";
        std::error_code error;
        if (std::filesystem::is_directory(folder, error)) out.push_back(folder.string());
    }
    return out;
}

Result<std::vector<oauth::ProviderFile>> read_provider_files(
    const std::vector<std::string>& manifests) {
    std::vector<oauth::ProviderFile> out;
    for (const Asset& asset : embedded_files()) {
        if (!asset.path.starts_with("manifests/providers/")) continue;
        out.push_back({std::string(asset.path), std::string(asset.text), true});
    }
    const std::vector<std::string> folders = provider_folders(manifests);
    const auto files = list_yaml_files(folders);
    if (!files) return make_error(Errc::invalid_config, "providers: " + files.error().message);
    for (const std::string& path : *files) {
        auto text = read_file(path);
        if (!text) return make_error(Errc::invalid_config, text.error().message);
        out.push_back({path, std::move(*text), false});
    }
    return out;
}

}  // namespace kimbap::app
