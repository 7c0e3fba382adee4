#include "store/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/sqlite/schema.hpp"

namespace kimbap::store::sqlite {

namespace {

/// How large the -wal file may stay after a burst.
constexpr const char* kWalSizeLimit = "PRAGMA journal_size_limit=16777216";

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

Error located(const std::string& path, const Error& error) {
    return make_error(error.code, path + ": " + error.message);
}

/// False where the file can't be written. SQLite gives its -wal and -shm files the permissions of
/// the database file. A file that exists is not opened: closing it would give up the locks that
/// another connection of this process holds on it.
bool create_private(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ::close(fd);
        return true;
    }
    if (errno == EEXIST && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return true;
    return errno != EROFS && errno != EACCES && errno != EPERM;
}

Result<std::unique_ptr<Connection>> open_writable(const std::string& path, bool fsync) {
    auto writer = Connection::open(path, Connection::Mode::read_write);
    if (!writer) return writer.error();
    const char* const synchronous = fsync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
    Result<void> done = (*writer)->use_write_ahead_log();
    for (const char* sql : {synchronous, kWalSizeLimit}) {
        if (done) done = (*writer)->execute(sql);
    }
    if (!done) return located(path, done.error());
    return writer;
}

struct Opened {
    std::unique_ptr<Connection> connection;
    Connection::Mode mode;
};

/// Without a -wal file, a read-only folder can't hold the files that sharing the database needs.
Result<Opened> open_read_only(const std::string& path) {
    const bool shared = ::access((path + "-wal").c_str(), F_OK) == 0;
    const auto mode = shared ? Connection::Mode::read_only : Connection::Mode::immutable;
    auto connection = Connection::open(path, mode);
    if (!connection) return connection.error();
    return Opened{std::move(*connection), mode};
}

Result<Opened> open_database(const std::string& path, bool fsync) {
    if (!create_private(path)) return open_read_only(path);
    auto writer = open_writable(path, fsync);
    if (!writer) return writer.error();
    return Opened{std::move(*writer), Connection::Mode::read_only};
}

}  // namespace

Result<std::unique_ptr<Store>> SqliteStore::open(const StoreOptions& options) {
    const Result<void> folder = prepare_folder(options.data_dir);
    if (!folder) return folder.error();
    const std::string path = options.data_dir + "/kimbap.db";
    auto opened = open_database(path, options.fsync);
    if (!opened) return opened.error();
    const Result<void> migrated = migrate(*opened->connection);
    if (!migrated) return located(path, migrated.error());
    auto changes = ChangeFile::open(options.data_dir + "/changes");
    if (!changes) return changes.error();
    return std::unique_ptr<Store>(
        new SqliteStore(path, std::move(opened->connection), opened->mode, std::move(*changes)));
}

SqliteStore::SqliteStore(std::string path, std::unique_ptr<Connection> writer,
                         Connection::Mode read_mode, std::unique_ptr<ChangeFile> changes)
    : path_(std::move(path)),
      writer_(std::move(writer)),
      read_mode_(read_mode),
      tables_(*writer_),
      changes_(std::move(changes)),
      batches_(path_, *writer_, tables_, *changes_) {}

Result<std::unique_ptr<Connection>> SqliteStore::borrow_reader() const {
    {
        const std::lock_guard lock(readers_mutex_);
        if (!readers_.empty()) {
            auto reader = std::move(readers_.back());
            readers_.pop_back();
            return reader;
        }
    }
    return Connection::open(path_, read_mode_);
}

Result<void> SqliteStore::read(const Read& work) const {
    auto reader = borrow_reader();
    if (!reader) return reader.error();
    Result<void> outcome = (*reader)->run("BEGIN");
    if (!outcome) return outcome;
    {
        Tables tables(**reader);
        outcome = work(tables);
    }
    const Result<void> ended = (*reader)->run("COMMIT");
    if (!ended) return outcome ? ended : outcome;
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kMaxIdleReaders) readers_.push_back(std::move(*reader));
    return outcome;
}

}  // namespace kimbap::store::sqlite

namespace kimbap::store {

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreOptions& options) {
    return sqlite::SqliteStore::open(options);
}

}  // namespace kimbap::store
