#include "store/postgres/connection.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.hpp"
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

std::string_view mend(std::string_view state) {
    if (state == "53100") return " (the database server's disk is full: free some space)";
    if (state == "55P03") return " (another process held the database for too long: try again)";
    if (state == "25006") return " (the server only reads: name the primary in store)";
    if (state == "42501") return " (grant kimbap's role what it needs: docs/postgresql.md)";
    return "";
}

/// The same for what fails before there is a session: libpq gives no code then.
std::string_view mend_of_login(std::string_view reason) {
    const auto says = [&](std::string_view part) { return reason.find(part) != reason.npos; };
    if (says("authentication failed") || says("no password supplied")) {
        return " (check the user and password in store, or ~/.pgpass)";
    }
    if (says("database") && says("does not exist")) return " (create it first)";
    if (says("too many clients") || says("connection slots")) {
        return " (raise the server's max_connections, or run fewer processes)";
    }
    return "";
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string one_line(std::string_view message) {
    std::string out;
    for (const char c : trim(message)) {
        if (!is_blank(c)) {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

/// libpq says the same once for each way that it tried.
std::string first_line(std::string_view message) {
    return one_line(message.substr(0, trim(message).find('\n')));
}

}  // namespace

/// Executed as a whole by its first step(), which has all rows then.
class PreparedStatement : public sql::StatementBody {
public:
    PreparedStatement(Connection& connection, std::string name, int parameters)
        : connection_(connection),
          name_(std::move(name)),
          parameters_(static_cast<std::size_t>(parameters)) {}
    PreparedStatement(const PreparedStatement&) = delete;
    virtual ~PreparedStatement() { clear(); }

    [[nodiscard]] bool in_use() const { return in_use_; }
    void use() { in_use_ = true; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int parameters() const { return static_cast<int>(parameters_.size()); }

    void bind(int parameter, std::int64_t value) override {
        Parameter& to = at(parameter);
        *std::to_chars(to.digits.data(), to.digits.data() + to.digits.size(), value).ptr = '\0';
        to.data = to.digits.data();
        to.binary = false;
    }
    void bind_text(int parameter, std::string_view text) override { bind_blob(parameter, text); }
    void bind_blob(int parameter, std::string_view bytes) override {
        at(parameter).data = bytes.empty() ? "" : bytes.data();
        at(parameter).size = bytes.size();
        at(parameter).binary = true;
    }
    void bind_null(int parameter) override { at(parameter).data = nullptr; }

    Result<bool> step() override {
        if (result_ == nullptr) {
            const Result<void> done = execute();
            if (!done) return done.error();
        }
        return ++row_ < rows_;
    }

    std::int64_t integer(int column) const override {
        // Integers arrive in network byte order, as long as their type.
        std::int64_t out = 0;
        for (const char byte : view(column)) out = (out << 8) | static_cast<unsigned char>(byte);
        return out;
    }
    std::string_view view(int column) const override {
        const PqLibrary& library = connection_.library_;
        return {library.getvalue(result_, row_, column),
                static_cast<std::size_t>(library.getlength(result_, row_, column))};
    }
    bool is_null(int column) const override {
        return connection_.library_.getisnull(result_, row_, column) != 0;
    }

    void release() noexcept override {
        clear();
        in_use_ = false;
    }

private:
    struct Parameter {
        const char* data = nullptr;
        std::size_t size = 0;
        bool binary = false;
        std::array<char, 24> digits{};
    };
    Parameter& at(int parameter) { return parameters_[static_cast<std::size_t>(parameter) - 1]; }

    void clear() noexcept {
        connection_.library_.clear(result_);
        result_ = nullptr;
        row_ = -1;
        rows_ = 0;
    }

    Result<void> execute() {
        const std::size_t count = parameters_.size();
        std::array<const char*, kMost> values{};
        std::array<int, kMost> sizes{};
        std::array<int, kMost> formats{};
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = parameters_[i].data;
            sizes[i] = static_cast<int>(parameters_[i].size);
            formats[i] = parameters_[i].binary ? 1 : 0;
        }
        const PqLibrary& library = connection_.library_;
        result_ = connection_.answer(
            library.send_query_prepared(connection_.handle_, name_.c_str(), static_cast<int>(count),
                                        values.data(), sizes.data(), formats.data(), 1));
        const ExecStatusType status = library.result_status(result_);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            Error error = connection_.error_of(result_);
            clear();
            return error;
        }
        rows_ = library.ntuples(result_);
        const std::string_view changed = library.cmd_tuples(result_);
        connection_.changes_ = 0;
        std::from_chars(changed.data(), changed.data() + changed.size(), connection_.changes_);
        return {};
    }

    static constexpr std::size_t kMost = 16;  ///< Parameters of a statement.

    Connection& connection_;
    const std::string name_;
    std::vector<Parameter> parameters_;
    PGresult* result_ = nullptr;
    int row_ = -1;
    int rows_ = 0;
    bool in_use_ = false;
};

namespace {

/// For a statement that is used again while its cached one has rows left.
class SingleStatement final : public PreparedStatement {
public:
    using PreparedStatement::PreparedStatement;
    void release() noexcept override { delete this; }
};

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

PGresult* Connection::answer(int sent) {
    if (sent != 1) return nullptr;
    const auto deadline = std::chrono::steady_clock::now() + options_.patience;
    while (library_.flush(handle_) == 1) {
        // The server may have to get rid of something before it takes more.
        silent_ = !wait(POLLIN | POLLOUT, deadline);
        if (silent_) return nullptr;
        if (library_.consume_input(handle_) == 0) break;
    }
    PGresult* kept = nullptr;
    for (;;) {
        while (library_.is_busy(handle_) != 0) {
            silent_ = !wait(POLLIN, deadline);
            if (silent_) {
                library_.clear(kept);
                return nullptr;
            }
            if (library_.consume_input(handle_) == 0) break;
        }
        PGresult* const next = library_.get_result(handle_);
        if (next == nullptr) return kept;
        const bool failed = kept != nullptr && library_.result_status(kept) == PGRES_FATAL_ERROR;
        library_.clear(failed ? next : std::exchange(kept, next));
    }
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
    std::string reason = silent_              ? "the database server does not answer"
                         : primary != nullptr ? one_line(primary)
                                              : first_line(library_.error_message(handle_));
    if (ended) library_.finish(std::exchange(handle_, nullptr));
    reason.append(state.empty() ? mend_of_login(reason) : mend(state));
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
        PGresult* const result =
            answer(library_.send_prepare(handle_, name.c_str(), text.c_str(), 0, nullptr));
        const bool done = library_.result_status(result) == PGRES_COMMAND_OK;
        const Error error = done ? Error{} : error_of(result);
        library_.clear(result);
        if (!done) {
            statements_.erase(sql);
            return error;
        }
        cached = std::make_unique<PreparedStatement>(*this, std::move(name), parameters);
    }
    cached->use();
    return sql::Statement(*cached);
}

Result<void> Connection::run(const char* sql) {
    PGresult* const result = answer(library_.send_query(handle_, sql));
    const ExecStatusType status = library_.result_status(result);
    const bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    const Error error = done ? Error{} : error_of(result);
    library_.clear(result);
    if (!done) return error;
    return {};
}

Result<void> Connection::begin(const char* sql) {
    release_due_ = false;  // a transaction's end releases all
    if (!lost()) {
        const Result<void> begun = run(sql);
        if (begun) return {};
        if (!lost()) {
            if (in_transaction()) static_cast<void>(run("ROLLBACK"));
            return begun;
        }
    }
    // The server restarted, or the network dropped a connection that was idle.
    const Result<void> connected = connect();
    if (!connected) return connected;
    const Result<void> begun = run(sql);
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
    PGresult* const result = answer(library_.send_query(handle_, "COMMIT"));
    const bool done = library_.result_status(result) == PGRES_COMMAND_OK;
    // A transaction in which something failed is rolled back, which is no failure of COMMIT.
    const bool committed = done && std::strcmp(library_.cmd_status(result), "COMMIT") == 0;
    const Error error = done
                            ? make_error(Errc::storage_failure,
                                         "the store gave up a transaction (something in it failed)")
                            : error_of(result);
    library_.clear(result);
    if (!committed) return error;
    return {};
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
