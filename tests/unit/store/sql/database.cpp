#include "unit/store/sql/database.hpp"

#include <stdexcept>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"

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

}  // namespace

std::unique_ptr<Database> Database::make(DatabaseKind /*kind*/) {
    return std::make_unique<SqliteDatabase>();
}

}  // namespace kimbap::test
