#include "store/postgres/postgres_store.hpp"

#include "store/postgres/schema.hpp"

namespace kimbap::store::postgres {

namespace {

/// An advisory lock of a session of its own, with which it ends.
class HeldSession final : public Hold {
public:
    explicit HeldSession(std::unique_ptr<Connection> session) : session_(std::move(session)) {}

private:
    std::unique_ptr<Connection> session_;
};

}  // namespace

Result<std::unique_ptr<Store>> PostgresStore::open(const ConnectionOptions& options) {
    auto writer = Connection::open(options);
    if (!writer) return writer.error();
    const Result<void> migrated = migrate(**writer);
    if (!migrated) return migrated.error();
    auto changes = ChangeListener::start(options, **writer);
    if (!changes) return changes.error();
    return std::unique_ptr<Store>(
        new PostgresStore(options, std::move(*writer), std::move(*changes)));
}

PostgresStore::PostgresStore(const ConnectionOptions& options, std::unique_ptr<Connection> writer,
                             std::unique_ptr<ChangeListener> changes)
    : options_(options),
      writer_(std::move(writer)),
      tables_(*writer_),
      changes_(std::move(changes)),
      readers_([options] { return Connection::open(options); }),
      batches_(*writer_, tables_, *changes_, [] {}) {}

Result<std::unique_ptr<Hold>> PostgresStore::try_hold(const std::string& name) {
    auto session = Connection::open(options_);
    if (!session) return session.error();
    {
        auto statement =
            (*session)->prepare("SELECT pg_try_advisory_lock(hashtextextended('kimbap/' || ?, 0))");
        if (!statement) return statement.error();
        const auto row = statement->bind(name).step();
        if (!row) return row.error();
        if (statement->integer(0) == 0) return std::unique_ptr<Hold>();
    }
    // What the holder before wrote may not have been heard of yet.
    changes_->doubt_all();
    return std::unique_ptr<Hold>(std::make_unique<HeldSession>(std::move(*session)));
}

}  // namespace kimbap::store::postgres
