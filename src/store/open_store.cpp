#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/postgres/postgres_store.hpp"
#include "store/postgres/url.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

namespace kimbap::store {

namespace {

/// A folder that was made for kimbap is nobody else's, whatever made it. One that others share, or
/// that holds other things, is left as it is: `kimbap doctor` says so.
void close_to_others(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
    if (status.st_uid != ::geteuid() || (status.st_mode & 077) == 0) return;
    std::error_code unreadable;
    const bool ours = std::filesystem::is_empty(folder, unreadable) ||
                      std::filesystem::exists(folder + "/kimbap.db", unreadable);
    if (ours && !unreadable) ::chmod(folder.c_str(), 0700);
}

Result<void> prepare_folder(const std::string& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder, error)) {
        close_to_others(folder);
        return {};
    }
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

bool is_postgres(std::string_view where) {
    return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

}  // namespace

Result<void> check_store(const std::string& where) {
    if (where == kEmbedded) return {};
    if (is_postgres(where)) {
        const auto parameters = postgres::parameters_of(where);
        if (!parameters) return parameters.error();
        return {};
    }
    return make_error(Errc::invalid_config,
                      "not a store (use sqlite, or postgresql://USER@HOST/DATABASE)");
}

bool holds_password(const std::string& where) {
    return is_postgres(where) && postgres::has_password(where);
}

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
    const Result<void> checked = check_store(options.where);
    if (!checked) return checked.error();
    const Result<void> folder = prepare_folder(options.data_dir);
    if (!folder) return folder.error();
    if (options.where == kEmbedded) return sqlite::SqliteStore::open(options);
    return postgres::PostgresStore::open({options.where, options.fsync});
}

}  // namespace kimbap::store
