#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "async/task.hpp"
#include "base/error.hpp"
#include "store/change_board.hpp"
#include "store/hold.hpp"

namespace kimbap::store {

class ApprovalStore;
class AuditStore;
class OutboxStore;
class SecretStore;
class TokenStore;
class WriteOperation;

/// Small named values of the installation: the audit chain's id, the vault's check value.
class MetaStore {
public:
    virtual ~MetaStore() = default;
    [[nodiscard]] virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
    virtual Result<void> put(std::string_view key, std::string_view value) = 0;
};

/// A consistent view for reading. Valid inside the function it is passed to.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    [[nodiscard]] virtual const TokenStore& tokens() const = 0;
    [[nodiscard]] virtual const SecretStore& secrets() const = 0;
    [[nodiscard]] virtual const ApprovalStore& approvals() const = 0;
    [[nodiscard]] virtual const OutboxStore& outbox() const = 0;
    [[nodiscard]] virtual const AuditStore& audit() const = 0;
    [[nodiscard]] virtual const MetaStore& meta() const = 0;
};

/// One unit of work: everything in it is durable together or not at all. What changes state and the
/// audit record of it belong in one. Valid inside the function it is passed to.
class Transaction {
public:
    virtual ~Transaction() = default;
    virtual TokenStore& tokens() = 0;
    virtual SecretStore& secrets() = 0;
    virtual ApprovalStore& approvals() = 0;
    virtual OutboxStore& outbox() = 0;
    virtual AuditStore& audit() = 0;
    virtual MetaStore& meta() = 0;
    /// Announces on the ChangeBoard, when the transaction commits, that `topic` changed. Tables
    /// call it themselves when they are written.
    virtual void touch(Topic topic) = 0;
};

/// The work of one write. An error rolls back this work alone.
using Write = std::function<Result<void>(Transaction&)>;
using Read = std::function<Result<void>(const Snapshot&)>;

/// The durable state of an installation, shared by all processes of a data directory, or of a
/// PostgreSQL database.
///
/// Writes of concurrent callers are gathered by one writer thread into one transaction with one
/// commit (group commit), each in a savepoint of its own: n callers share one fsync. A write's
/// completion means that it is durable.
class Store {
public:
    virtual ~Store() = default;

    /// Queues the operations of a list (linked by `next`), in order; each goes back to its sink
    /// once, after its commit or failure. Their work runs on the writer thread (that of a short
    /// one, without fsync, on this one where it is alone: see BatchWriter) and must not wait
    /// for anything. Errors: what the work returned; storage_failure (disk full, read-only, locked
    /// for too long); unavailable where the queue is full. Thread-safe.
    virtual void submit(WriteOperation* first) = 0;

    /// The same for one function: `done` is called on the writer thread and must not block.
    void submit(Write work, std::function<void(Result<void>)> done);

    /// Runs `work` on the calling thread against a consistent snapshot. Blocks on the disk: not for
    /// I/O threads. Thread-safe.
    virtual Result<void> read(const Read& work) const = 0;

    /// Holds `name` (a relative path, like "oauth/github.default"), which one at a time can, of all
    /// threads and processes that share the store; a process that ends holds nothing. Null where
    /// somebody does. What was written by who held it before is read by who holds it now. Blocks on
    /// the disk or the network: not for I/O threads. Thread-safe. Errors: storage_failure.
    virtual Result<std::unique_ptr<Hold>> try_hold(const std::string& name) = 0;

    /// How the last commit of this process went: an error while the disk takes nothing, until a
    /// write succeeds again. Thread-safe.
    [[nodiscard]] virtual Result<void> last_commit() const = 0;

    [[nodiscard]] virtual const ChangeBoard& changes() const = 0;
};

/// submit(), awaited: resumes on the awaiting coroutine's executor once durable. Completions of one
/// commit reach each io_context with one wake-up.
Task<Result<void>> write(Store& store, Write work);

/// Whether the store takes writes now: tries one where the last commit failed.
Task<Result<void>> probe(Store& store);

/// submit() and wait, for the command line and start-up. Never on an I/O thread.
Result<void> write_blocking(Store& store, Write work);

/// Runs a function that returns Result<T> in write_blocking and gives its value.
template <class F>
auto transact(Store& store, F work) -> std::invoke_result_t<F&, Transaction&> {
    std::optional<std::invoke_result_t<F&, Transaction&>> out;
    const Result<void> done = write_blocking(store, [&](Transaction& t) -> Result<void> {
        out.emplace(work(t));
        if (out->has_error()) return out->error();
        return {};
    });
    if (done.has_error()) return done.error();
    return std::move(*out);
}

/// Runs a function that returns Result<T> in read() and gives its value.
template <class F>
auto query(const Store& store, F work) -> std::invoke_result_t<F&, const Snapshot&> {
    std::optional<std::invoke_result_t<F&, const Snapshot&>> out;
    const Result<void> done = store.read([&](const Snapshot& s) -> Result<void> {
        out.emplace(work(s));
        if (out->has_error()) return out->error();
        return {};
    });
    if (done.has_error()) return done.error();
    return std::move(*out);
}

/// The store in the data directory: SQLite.
inline constexpr std::string_view kEmbedded = "sqlite";

struct StoreOptions {
    std::string data_dir;  ///< Created 0700 where missing, with either store.
    bool fsync = true;     ///< Commits are durable (audit.fsync).
    /// kEmbedded, or the URL of a PostgreSQL database, for several machines.
    std::string where{kEmbedded};
};

/// Whether `where` names a store. Errors: invalid_config, without a password that it may hold.
Result<void> check_store(const std::string& where);

/// Whether `where` holds a password, so that it has to be kept like one.
[[nodiscard]] bool holds_password(const std::string& where);

/// Opens the store, migrating its schema. Errors: storage_failure with the path or the server's
/// reason, and the mend; unsupported for a schema newer than this program.
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options);

}  // namespace kimbap::store
