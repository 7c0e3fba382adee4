#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/log.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/url.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

namespace kimbap::store {

namespace {

/// Whether kimbap keeps a file of that name in its data directory.
bool is_own(const std::string& name) {
    return name.starts_with("kimbap.db") || name == "changes" || name == "rate.limits" ||
           name.ends_with(".lock");
}

/// A folder with nothing in it but kimbap's files is kimbap's, whatever made it. Any other is left
/// as it is: `kimbap doctor` says what others can do there.
void close_to_others(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return;
    if (status.st_uid != ::geteuid() || (status.st_mode & 077) == 0) return;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(folder, unreadable)) {
        if (!is_own(entry.path().filename().string())) return;
    }
    if (unreadable || ::chmod(folder.c_str(), 0700) != 0) return;
    log::info("the data directory was open to others: it is kimbap's alone now",
              {{"data_dir", folder}});
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
