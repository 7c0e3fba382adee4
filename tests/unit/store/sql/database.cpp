#include "unit/store/sql/database.hpp"

#include <stdexcept>

#include "store/postgres/connection.hpp"
#include "store/postgres/schema.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "support/postgres_server.hpp"

namespace kimbap::test {

namespace {

template <class Connection>
std::unique_ptr<store::sql::Connection> migrated(Result<std::unique_ptr<Connection>> opened) {
    if (!opened) throw std::runtime_error(opened.error().message);
    const Result<void> done = migrate(**opened);
    if (!done) throw std::runtime_error(done.error().message);
    return std::move(*opened);
}

class SqliteDatabase final : public Database {
public:
    std::unique_ptr<store::sql::Connection> connect() override {
        using store::sqlite::Connection;
        return migrated(Connection::open(folder_ / "kimbap.db", Connection::Mode::read_write));
    }

private:
    TempFolder folder_;
};

class PostgresDatabase final : public Database {
public:
    std::unique_ptr<store::sql::Connection> connect() override {
        return migrated(store::postgres::Connection::open({url_, true}));
    }

private:
    const std::string url_ = PostgresServer::shared().new_database();
};

}  // namespace

std::unique_ptr<Database> Database::make(DatabaseKind kind) {
    if (kind == DatabaseKind::sqlite) return std::make_unique<SqliteDatabase>();
    return std::make_unique<PostgresDatabase>();
}

}  // namespace kimbap::test
