#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store::sqlite {

/// A prepared statement: reset and unbound when this dies, as it is on loan from its Connection, or
/// finalized where it is `owned`.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement, bool owned = false)
        : statement_(statement), owned_(owned) {}
    Statement(Statement&& other) noexcept
        : statement_(std::exchange(other.statement_, nullptr)), owned_(other.owned_) {}
    Statement(const Statement&) = delete;
    ~Statement();

    /// Binds the next parameter. Text and blobs are not copied: they outlive the statement's use.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind_blob(const void* data, std::size_t size);
    Statement& bind(TimePoint time) { return bind(to_unix_micros(time)); }
    Statement& bind(std::optional<TimePoint> time);
    Statement& bind_null();

    /// Advances: true where there is a row. Errors: storage_failure, already_exists on a
    /// constraint.
    Result<bool> step();
    /// step(), for statements without rows.
    Result<void> run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    /// Valid until the next step.
    [[nodiscard]] std::string_view view(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] TimePoint time(int column) const { return from_unix_micros(integer(column)); }
    [[nodiscard]] std::optional<TimePoint> optional_time(int column) const;

private:
    sqlite3_stmt* statement_;
    bool owned_;
    int next_ = 1;
};

/// One SQLite connection with its cached statements. Used by one thread at a time.
class Connection {
public:
    /// `immutable` reads a database that nobody can write, without the files that sharing one
    /// needs: for a read-only file system.
    enum class Mode { read_write, read_only, immutable };
    /// Errors: storage_failure with the path, the reason and the mend.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `sql` is a literal: statements are cached by its address.
    Result<Statement> prepare(const char* sql);
    /// Prepares and runs one statement without parameters or rows.
    Result<void> run(const char* sql);
    /// Runs any number of statements without parameters or rows, uncached.
    Result<void> execute(const char* sql);
    /// Changes the database to a write-ahead log, where it does not have one yet.
    Result<void> use_write_ahead_log();
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
    [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_); }
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

private:
    explicit Connection(sqlite3* handle) : handle_(handle) {}
    static int wait_for_lock(void* self, int tries) noexcept;
    static int note_log_length(void* self, sqlite3* handle, const char* name, int pages) noexcept;

    sqlite3* handle_;
    int log_pages_ = 0;
    std::chrono::steady_clock::time_point waiting_since_;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// What the failure `code` of the last call on `handle` means to kimbap's callers. errno was
/// cleared before that call.
[[nodiscard]] Error error_of(sqlite3* handle, int code);

}  // namespace kimbap::store::sqlite
