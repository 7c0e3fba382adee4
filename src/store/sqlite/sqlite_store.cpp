#include "store/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/sqlite/hold_file.hpp"
#include "store/sqlite/schema.hpp"

namespace kimbap::store::sqlite {

namespace {

/// How large the -wal file may stay after a burst.
constexpr const char* kWalSizeLimit = "PRAGMA journal_size_limit=16777216";

std::string path_in(const std::string& folder) {
    return folder + "/kimbap.db";
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
    Result<void> done = (*writer)->use_write_ahead_log();
    if (done) done = (*writer)->set_fsync(fsync);
    if (done) done = (*writer)->execute(kWalSizeLimit);
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
    const std::string path = path_in(options.data_dir);
    auto opened = open_database(path, options.fsync);
    if (!opened) return opened.error();
    const Result<void> migrated = migrate(*opened->connection);
    if (!migrated) return located(path, migrated.error());
    auto changes = ChangeFile::open(options.data_dir + "/changes");
    if (!changes) return changes.error();
    return std::unique_ptr<Store>(new SqliteStore(options.data_dir, std::move(opened->connection),
                                                  opened->mode, std::move(*changes)));
}

SqliteStore::SqliteStore(const std::string& folder, std::unique_ptr<Connection> writer,
                         Connection::Mode read_mode, std::unique_ptr<ChangeFile> changes)
    : folder_(folder),
      writer_(std::move(writer)),
      tables_(*writer_),
      changes_(std::move(changes)),
      readers_([path = path_in(folder), read_mode] { return Connection::open(path, read_mode); }),
      tidier_(path_in(folder)),
      batches_(*writer_, tables_, *changes_, [this] { tidier_.after_commit(*writer_); }) {
    writer_->defer_copying();
}

Result<std::unique_ptr<Hold>> SqliteStore::try_hold(const std::string& name) {
    return try_hold_file(folder_ + "/" + name + ".lock");
}

}  // namespace kimbap::store::sqlite
