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

Statement::~Statement() {
    if (statement_ == nullptr) return;
    if (owned_) {
        sqlite3_finalize(statement_);
        return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, next_++, value);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    sqlite3_bind_text64(statement_, next_++, text.data() == nullptr ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_blob(const void* data, std::size_t size) {
    sqlite3_bind_blob64(statement_, next_++, size == 0 ? "" : data, size, SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind(std::optional<TimePoint> time) {
    return time ? bind(*time) : bind_null();
}

Statement& Statement::bind_null() {
    sqlite3_bind_null(statement_, next_++);
    return *this;
}

Result<bool> Statement::step() {
    errno = 0;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return error_of(sqlite3_db_handle(statement_), code);
}

Result<void> Statement::run() {
    const Result<bool> stepped = step();
    if (!stepped) return stepped.error();
    return {};
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::view(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::string Statement::text(int column) const {
    const std::string_view bytes = view(column);
    return bytes.empty() ? std::string{} : std::string(bytes);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<TimePoint> Statement::optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

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
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

int Connection::wait_for_lock(void* self, int tries) noexcept {
    auto& connection = *static_cast<Connection*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (tries == 0) connection.waiting_since_ = now;
    if (now - connection.waiting_since_ >= kLockTimeout) return 0;
    std::this_thread::sleep_for(std::min(kShortestPause * (tries + 1), kLongestPause));
    return 1;
}

int Connection::note_log_length(void* self, sqlite3* /*handle*/, const char* /*name*/,
                                int pages) noexcept {
    static_cast<Connection*>(self)->log_pages_ = pages;
    return SQLITE_OK;
}

void Connection::defer_copying() {
    sqlite3_wal_hook(handle_, &Connection::note_log_length, this);
}

void Connection::copy_log() {
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Result<Statement> Connection::prepare(const char* sql) {
    sqlite3_stmt*& cached = statements_[sql];
    sqlite3_stmt* fresh = nullptr;
    const bool in_use = cached != nullptr && sqlite3_stmt_busy(cached) != 0;
    if (cached == nullptr || in_use) {
        const unsigned flags = in_use ? 0 : SQLITE_PREPARE_PERSISTENT;
        errno = 0;
        const int code = sqlite3_prepare_v3(handle_, sql, -1, flags, &fresh, nullptr);
        if (code != SQLITE_OK) return error_of(handle_, code);
        if (in_use) return Statement(fresh, true);
        cached = fresh;
    }
    return Statement(cached);
}

Result<void> Connection::run(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    return statement->run();
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
