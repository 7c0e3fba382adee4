#include "cli/file_permissions.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "store/store.hpp"

namespace kimbap::cli {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kAnythingByOthers = 077;
/// A group may be there to share a TLS key, like Debian's ssl-cert.
constexpr mode_t kAnythingByStrangers = 07;
constexpr mode_t kWritingByOthers = 022;

class Search {
public:
    /// `path` holds secrets: nobody else (of `others`) may do anything with it.
    void secret(const std::string& path, mode_t others = kAnythingByOthers) {
        struct stat status {};
        if (!find(path, status) || (status.st_mode & others) == 0) return;
        const bool folder = S_ISDIR(status.st_mode);
        found_.push_back(
            {path + " is open to other users (chmod " + (folder ? "700 " : "600 ") + path + ")",
             true});
    }

    /// `path` decides about calls: nobody else may write it. Folders with what is in them.
    void rules(const std::string& path) {
        unwritten(path);
        std::error_code error;
        if (!fs::is_directory(path, error)) return;
        for (const auto& entry : fs::directory_iterator(path, error)) {
            unwritten(entry.path().string());
        }
    }

    [[nodiscard]] std::vector<OpenPath> take() { return std::move(found_); }

private:
    bool find(const std::string& path, struct stat& status) {
        if (path.empty() || ::stat(path.c_str(), &status) != 0) return false;
        if (status.st_uid == 0 || status.st_uid == ::geteuid()) return true;
        found_.push_back({path +
                              " belongs to another user, who can change it (chown it to the user "
                              "that kimbap runs as, or to root)",
                          false});
        return true;
    }

    void unwritten(const std::string& path) {
        struct stat status {};
        if (!find(path, status) || (status.st_mode & kWritingByOthers) == 0) return;
        found_.push_back(
            {path + " can be written by other users (chmod go-w " + path + ")", false});
    }

    std::vector<OpenPath> found_;
};

}  // namespace

std::vector<OpenPath> open_to_others(const app::Config& config) {
    Search search;
    search.secret(config.data_dir);
    for (const char* file : {"/kimbap.db", "/kimbap.db-wal", "/kimbap.db-shm"}) {
        search.secret(config.data_dir + file);
    }
    search.secret(config.vault.secret_file);
    search.secret(config.http.tls_key, kAnythingByStrangers);
    search.rules(config.file);
    if (config.store_in_file && store::holds_password(config.store)) search.secret(config.file);
    for (const std::string& path : config.manifests) search.rules(path);
    for (const std::string& path : config.policies) search.rules(path);
    return search.take();
}

}  // namespace kimbap::cli
