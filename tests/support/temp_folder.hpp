#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace kimbap::test {

/// A folder of its own for a test, removed with everything in it afterwards.
class TempFolder {
public:
    /// `parent` where given, else TMPDIR or /tmp.
    explicit TempFolder(std::string parent = "") {
        if (parent.empty()) parent = std::filesystem::temp_directory_path().string();
        std::string pattern = parent + "/kimbap-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

private:
    std::string path_;
};

}  // namespace kimbap::test
