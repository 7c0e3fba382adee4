#include "store/sqlite/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/encoding.hpp"

namespace kimbap::store::sqlite {

namespace {

/// How long a statement waits for another process's transaction before it fails.
constexpr std::chrono::seconds kLockTimeout{15};
/// Between two looks at the lock: a busy process frees it only for moments, which SQLite's own
/// handler, with its pauses of up to 100 ms, rarely meets.
constexpr std::chrono::microseconds kShortestPause{50};
constexpr std::chrono::microseconds kLongestPause{1000};

constexpr std::string_view kDiskFull = " (the disk is full: free some space)";

std::string_view mend(int code, int system_error) {
    if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG) return kDiskFull;
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return kDiskFull;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return " (make the data directory writable for this user)";
        case SQLITE_CANTOPEN:
            return " (check that data_dir exists and is writable for this user)";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return " (another process held the database for too long: try again)";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return " (restore kimbap.db from a backup)";
        default:
            return "";
    }
}

/// SQLite's URI form: the one way to say `immutable`.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) uri += c == '/' ? "/" : percent_encode(std::string_view(&c, 1));
    return uri + "?immutable=1";
}

}  // namespace

Error error_of(sqlite3* handle, int code) {
    if ((code & 0xFF) == SQLITE_CONSTRAINT) {
        return make_error(Errc::already_exists, "the record exists already");
    }
    const int last_error = errno;
    std::string message = "the store failed: ";
    message += handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const bool system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
    // SQLite notes the system's error for some failures only; the caller cleared errno beforehand.
    const int noted = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    const int system_error = !system ? 0 : noted != 0 ? noted : last_error;
    if (system_error != 0) message.append(": ").append(std::strerror(system_error));
    return make_error(Errc::storage_failure, message.append(mend(code, system_error)));
}

/// A statement of SQLite's, reset and unbound between its uses.
class CachedStatement : public sql::StatementBody {
public:
    explicit CachedStatement(sqlite3_stmt* statement) : statement_(statement) {}
    CachedStatement(const CachedStatement&) = delete;
    virtual ~CachedStatement() { sqlite3_finalize(statement_); }

    [[nodiscard]] bool in_use() const { return sqlite3_stmt_busy(statement_) != 0; }

    void bind(int parameter, std::int64_t value) override {
        sqlite3_bind_int64(statement_, parameter, value);
    }
    void bind_text(int parameter, std::string_view text) override {
        sqlite3_bind_text64(statement_, parameter, text.data() == nullptr ? "" : text.data(),
                            text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    void bind_blob(int parameter, std::string_view bytes) override {
        sqlite3_bind_blob64(statement_, parameter, bytes.empty() ? "" : bytes.data(), bytes.size(),
                            SQLITE_STATIC);
    }
    void bind_null(int parameter) override { sqlite3_bind_null(statement_, parameter); }

    Result<bool> step() override {
        errno = 0;
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return error_of(sqlite3_db_handle(statement_), code);
    }

    std::int64_t integer(int column) const override {
        return sqlite3_column_int64(statement_, column);
    }
    std::string_view view(int column) const override {
        const void* data = sqlite3_column_blob(statement_, column);
        const int size = sqlite3_column_bytes(statement_, column);
        return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
    }
    bool is_null(int column) const override {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }

    void release() noexcept override {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

private:
    sqlite3_stmt* statement_;
};

/// For a statement that is used again while its cached one is still stepping.
class SingleStatement final : public CachedStatement {
public:
    using CachedStatement::CachedStatement;
    void release() noexcept override { delete this; }
};

Connection::Connection(sqlite3* handle) : handle_(handle) {}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode) {
    sqlite3* handle = nullptr;
    const int access = mode == Mode::read_write  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                       : mode == Mode::read_only ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    const std::string name = mode == Mode::immutable ? immutable_uri(path) : path;
    errno = 0;
    const int code = sqlite3_open_v2(name.c_str(), &handle,
                                     access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    std::unique_ptr<Connection> connection(new Connection(handle));
    if (code != SQLITE_OK) {
        Error error = error_of(handle, code);
        error.message = path + ": " + error.message;
        return error;
    }
    sqlite3_busy_handler(handle, &Connection::wait_for_lock, connection.get());
    // A database file that somebody tampered with must not run functions through its schema.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const Result<void> set = connection->execute("PRAGMA trusted_schema=OFF");
    if (!set) return set.error();
    return connection;
}

Connection::~Connection() {
    statements_.clear();
    sqlite3_close(handle_);
}

int Connection::wait_for_lock(void* self, int tries) noexcept {
    auto& connection = *static_cast<Connection*>(self);
    if (!connection.waits_for_lock_) return 0;
    const auto now = std::chrono::steady_clock::now();
    if (tries == 0) connection.waiting_since_ = now;
    if (now - connection.waiting_since_ >= kLockTimeout) return 0;
    std::this_thread::sleep_for(std::min(kShortestPause * (tries + 1), kLongestPause));
    return 1;
}

int Connection::note_log_length(void* self, sqlite3* /*handle*/, const char* /*name*/,
                                int pages) noexcept {
    auto& connection = *static_cast<Connection*>(self);
    connection.log_pages_ = pages;
    connection.log_begun_ = true;
    return SQLITE_OK;
}

bool Connection::try_begin_write() {
    waits_for_lock_ = false;
    const bool begun = begin_write().has_value();
    waits_for_lock_ = true;
    return begun;
}

Result<void> Connection::set_fsync(bool fsync) {
    fsync_ = fsync;
    return execute(fsync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

void Connection::defer_copying() {
    sqlite3_wal_hook(handle_, &Connection::note_log_length, this);
}

void Connection::copy_log() {
    log_begun_ = false;
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Result<sqlite3_stmt*> Connection::compile(const char* sql, unsigned flags) {
    sqlite3_stmt* statement = nullptr;
    errno = 0;
    const int code = sqlite3_prepare_v3(handle_, sql, -1, flags, &statement, nullptr);
    if (code != SQLITE_OK) return error_of(handle_, code);
    return statement;
}

Result<Statement> Connection::prepare(const char* sql) {
    auto& cached = statements_[sql];
    if (cached == nullptr) {
        const auto fresh = compile(sql, SQLITE_PREPARE_PERSISTENT);
        if (!fresh) return fresh.error();
        cached = std::make_unique<CachedStatement>(*fresh);
    } else if (cached->in_use()) {
        const auto fresh = compile(sql, 0);
        if (!fresh) return fresh.error();
        return Statement(*new SingleStatement(*fresh));
    }
    return Statement(*cached);
}

Result<void> Connection::execute(const char* sql) {
    errno = 0;
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(handle_, code);
    return {};
}

Result<void> Connection::use_write_ahead_log() {
    // SQLite does not wait where two connections change the mode at once, or where one does while
    // another, the last to leave, puts the log away.
    const auto since = std::chrono::steady_clock::now();
    for (;;) {
        const Result<void> done = execute("PRAGMA journal_mode=WAL");
        const bool busy = !done && (sqlite3_errcode(handle_) & 0xFF) == SQLITE_BUSY;
        if (!busy || std::chrono::steady_clock::now() - since >= kLockTimeout) return done;
        std::this_thread::sleep_for(kLongestPause);
    }
}

}  // namespace kimbap::store::sqlite
