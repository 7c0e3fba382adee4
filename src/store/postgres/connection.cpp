#include "store/postgres/connection.hpp"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "store/postgres/prepared_statement.hpp"
#include "store/postgres/server_error.hpp"
#include "store/postgres/url.hpp"

namespace kimbap::store::postgres {

namespace {

constexpr int kOldestServer = 120'000;  // 12.0
constexpr int kIdleTimeouts = 140'000;

constexpr const char* kSession =
    "SET search_path = kimbap; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on;"
    "SET lock_timeout = '10s'; SET statement_timeout = '12s'";
/// What the server was told of durability stands, unless it is none.
constexpr const char* kDurable =
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
    "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)";
constexpr const char* kNotDurable = "SET synchronous_commit = off";

/// Writers of all machines take turns, as they do with SQLite: the audit chain is one. The lock's
/// number is "kimbap" in ASCII. Who stops in the middle loses it before the others give up waiting.
constexpr const char* kBeginWrite =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '8s';"
    "SELECT pg_advisory_xact_lock(118100550902128)";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// `?` for each parameter in turn, as PostgreSQL writes them.
std::string numbered(const char* sql, int& parameters) {
    std::string out;
    bool quoted = false;
    for (; *sql != '\0'; ++sql) {
        if (*sql == '\'') quoted = !quoted;
        if (*sql == '?' && !quoted) {
            out.append("$").append(std::to_string(++parameters));
        } else {
            out += *sql;
        }
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const ConnectionOptions& options) {
    const auto library = pq_library();
    if (!library) return library.error();
    std::unique_ptr<Connection> connection(new Connection(**library, options));
    const Result<void> connected = connection->connect();
    if (!connected) return connected.error();
    return connection;
}

Connection::Connection(const PqLibrary& library, const ConnectionOptions& options)
    : library_(library), options_(options) {}

Connection::~Connection() {
    disconnect();
}

void Connection::disconnect() noexcept {
    statements_.clear();
    library_.finish(std::exchange(handle_, nullptr));
}

Result<void> Connection::connect() {
    disconnect();
    Result<void> done = establish();
    // Half set up, it would be taken for a good one.
    if (!done) disconnect();
    return done;
}

Result<void> Connection::establish() {
    const auto parameters = parameters_of(options_.url);
    if (!parameters) return parameters.error();
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : *parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    handle_ = library_.connectdb_params(keywords.data(), values.data(), 1);
    if (library_.status(handle_) != CONNECTION_OK) return error_of(nullptr);
    library_.set_notice_processor(
        handle_, [](void*, const char*) {}, nullptr);
    if (library_.server_version(handle_) < kOldestServer) {
        return make_error(Errc::unsupported, "the PostgreSQL server is too old (12 or later)");
    }
    const char* const encoding = library_.parameter_status(handle_, "server_encoding");
    if (encoding == nullptr || std::strcmp(encoding, "UTF8") != 0) {
        return make_error(Errc::unsupported,
                          "the database's encoding is not UTF8, so that it can't keep every text "
                          "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)");
    }
    library_.setnonblocking(handle_, 1);
    silent_ = false;
    // What a session holds (Store::try_hold, LISTEN) it holds while it says nothing.
    if (library_.server_version(handle_) >= kIdleTimeouts) {
        const Result<void> idle = run("SET idle_session_timeout = 0");
        if (!idle) return idle;
    }
    const Result<void> set = run(kSession);
    return set ? run(options_.synchronous ? kDurable : kNotDurable) : set;
}

bool Connection::lost() const {
    return handle_ == nullptr || library_.status(handle_) != CONNECTION_OK;
}

bool Connection::in_transaction() const {
    if (lost()) return false;
    const PGTransactionStatusType status = library_.transaction_status(handle_);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Connection::wait(short events, std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd socket{library_.socket(handle_), events, 0};
        if (left.count() <= 0) return false;
        const int ready = ::poll(&socket, 1, static_cast<int>(left.count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Connection::Answer Connection::answer(int sent) {
    Answer kept(nullptr, library_.clear);
    if (sent != 1) return kept;
    const auto deadline = std::chrono::steady_clock::now() + options_.patience;
    while (library_.flush(handle_) == 1) {
        // The server may have to get rid of something before it takes more.
        silent_ = !wait(POLLIN | POLLOUT, deadline);
        if (silent_) return kept;
        if (library_.consume_input(handle_) == 0) break;
    }
    for (;;) {
        while (library_.is_busy(handle_) != 0) {
            silent_ = !wait(POLLIN, deadline);
            if (silent_) return Answer(nullptr, library_.clear);
            if (library_.consume_input(handle_) == 0) break;
        }
        Answer next(library_.get_result(handle_), library_.clear);
        if (next == nullptr) return kept;
        const bool failed =
            kept != nullptr && library_.result_status(kept.get()) == PGRES_FATAL_ERROR;
        if (!failed) kept = std::move(next);
    }
}

Result<Connection::Answer> Connection::ask(int sent) {
    Answer got = answer(sent);
    const ExecStatusType status = library_.result_status(got.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return error_of(got.get());
    return got;
}

Error Connection::error_of(const PGresult* result) {
    const char* const found = library_.result_error_field(result, PG_DIAG_SQLSTATE);
    const std::string_view state = found == nullptr ? "" : found;
    if (state.starts_with("23")) {
        return make_error(Errc::already_exists, "the record exists already");
    }
    if (state == "22021" || state == "22P05") {
        return make_error(Errc::invalid_argument, "a text that is no UTF-8, or holds a NUL");
    }
    // The primary message alone: details may hold what the row holds. Without a code it is libpq
    // that says so. Class 57P: the server ends its sessions.
    const char* const primary = library_.result_error_field(result, PG_DIAG_MESSAGE_PRIMARY);
    const bool ended = state.empty() || state.starts_with("57P");
    const std::string reason =
        silent_ ? "the database server does not answer"
                : explained(state, primary != nullptr ? primary : library_.error_message(handle_));
    if (ended) library_.finish(std::exchange(handle_, nullptr));
    return make_error(Errc::storage_failure,
                      (ended ? "the store can't be reached: " : "the store failed: ") + reason);
}

Result<sql::Statement> Connection::prepare(const char* sql) {
    auto& cached = statements_[sql];
    if (cached != nullptr && cached->in_use()) {
        return sql::Statement(*new SingleStatement(*this, cached->name(), cached->parameters()));
    }
    if (cached == nullptr) {
        int parameters = 0;
        const std::string text = numbered(sql, parameters);
        std::string name = "k" + std::to_string(++names_);
        const auto prepared =
            ask(library_.send_prepare(handle_, name.c_str(), text.c_str(), 0, nullptr));
        if (!prepared) {
            statements_.erase(sql);
            return prepared.error();
        }
        cached = std::make_unique<PreparedStatement>(*this, std::move(name), parameters);
    }
    cached->use();
    return sql::Statement(*cached);
}

Result<void> Connection::run(const char* sql) {
    const auto done = ask(library_.send_query(handle_, sql));
    if (!done) return done.error();
    return {};
}

Result<void> Connection::begin(const char* sql) {
    release_due_ = false;  // a transaction's end releases all
    Result<void> begun = {};
    if (!lost()) begun = run(sql);
    if (lost()) {
        // The server restarted, or the network dropped a connection that was idle.
        begun = connect();
        if (begun) begun = run(sql);
    }
    if (!begun && in_transaction()) static_cast<void>(run("ROLLBACK"));
    return begun;
}

Result<void> Connection::begin_write() {
    return begin(kBeginWrite);
}

Result<void> Connection::begin_read() {
    return begin(kBeginRead);
}

Result<void> Connection::save() {
    const bool release = std::exchange(release_due_, false);
    return run(release ? "RELEASE work; SAVEPOINT work" : "SAVEPOINT work");
}

Result<void> Connection::release() {
    release_due_ = true;
    return {};
}

Result<void> Connection::commit() {
    const auto done = ask(library_.send_query(handle_, "COMMIT"));
    if (!done) return done.error();
    // A transaction in which something failed is rolled back, which is no failure of COMMIT.
    if (std::strcmp(library_.cmd_status(done->get()), "COMMIT") == 0) return {};
    return make_error(Errc::storage_failure,
                      "the store gave up a transaction (something in it failed)");
}

Result<std::optional<std::string>> Connection::next_notification() {
    if (library_.consume_input(handle_) == 0) return error_of(nullptr);
    PGnotify* const found = library_.notifies(handle_);
    if (found == nullptr) return std::optional<std::string>{};
    std::optional<std::string> payload(found->extra);
    library_.freemem(found);
    return payload;
}

}  // namespace kimbap::store::postgres
