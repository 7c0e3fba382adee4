#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/error.hpp"
#include "store/sql/connection.hpp"

namespace kimbap::store::sqlite {

using sql::Statement;

class CachedStatement;

/// One SQLite connection with its cached statements. Used by one thread at a time.
class Connection final : public sql::Connection {
public:
    /// `immutable` reads a database that nobody can write, without the files that sharing one
    /// needs: for a read-only file system.
    enum class Mode { read_write, read_only, immutable };
    /// Errors: storage_failure with the path, the reason and the mend.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
    ~Connection() override;

    Result<Statement> prepare(const char* sql) override;
    Result<void> begin_write() override { return run("BEGIN IMMEDIATE"); }
    bool try_begin_write() override;
    /// With set_fsync(false) and defer_copying(), but for the first commit and for the first after
    /// copy_log(): SQLite syncs a log that it begins anew.
    [[nodiscard]] bool commits_at_once() const override { return !fsync_ && log_begun_; }
    Result<void> begin_read() override { return run("BEGIN"); }
    Result<void> commit() override { return run("COMMIT"); }
    [[nodiscard]] bool in_transaction() const override {
        return sqlite3_get_autocommit(handle_) == 0;
    }
    [[nodiscard]] bool fails_by_statement() const override { return true; }
    [[nodiscard]] std::int64_t changes() const override { return sqlite3_changes64(handle_); }

    /// Runs any number of statements without parameters or rows, uncached.
    Result<void> execute(const char* sql);
    /// Changes the database to a write-ahead log, where it does not have one yet.
    Result<void> use_write_ahead_log();
    /// Whether each commit waits until the disk has it; otherwise a machine that goes down may take
    /// the last ones with it, and nothing else.
    Result<void> set_fsync(bool fsync);
    /// Whether the file can't be written, however it was opened.
    [[nodiscard]] bool read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }
    /// Leaves copying the write-ahead log into the database to copy_log(), instead of to whichever
    /// commit makes it long, and notes how long each commit makes it.
    void defer_copying();
    /// Pages in the write-ahead log after the last commit here; 0 unless it is noted.
    [[nodiscard]] int log_pages() const { return log_pages_; }
    /// Copies into the database as much of the write-ahead log as nobody reads (a "passive
    /// checkpoint"); nothing where another process is at it.
    void copy_log();

private:
    explicit Connection(sqlite3* handle);
    static int wait_for_lock(void* self, int tries) noexcept;
    static int note_log_length(void* self, sqlite3* handle, const char* name, int pages) noexcept;
    Result<sqlite3_stmt*> compile(const char* sql, unsigned flags);

    sqlite3* handle_;
    bool fsync_ = true;
    bool waits_for_lock_ = true;
    bool log_begun_ = false;  ///< A commit has been noted since the last copy_log().
    int log_pages_ = 0;
    std::chrono::steady_clock::time_point waiting_since_;
    std::unordered_map<const char*, std::unique_ptr<CachedStatement>> statements_;
};

/// What the failure `code` of the last call on `handle` means to kimbap's callers. errno was
/// cleared before that call.
[[nodiscard]] Error error_of(sqlite3* handle, int code);

}  // namespace kimbap::store::sqlite
