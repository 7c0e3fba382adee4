#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

namespace kimbap::store {

namespace {

Result<void> prepare_folder(const std::string& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder, error)) return {};
    const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        error.assign(errno, std::generic_category());
    }
    if (error) {
        return make_error(Errc::storage_failure,
                          folder + ": cannot be created: " + error.message() +
                              " (choose another data_dir, or make its parent writable)");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
    const Result<void> folder = prepare_folder(options.data_dir);
    if (!folder) return folder.error();
    return sqlite::SqliteStore::open(options);
}

}  // namespace kimbap::store
