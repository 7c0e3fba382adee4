#include "store/sql/connection.hpp"

namespace kimbap::store::sql {

Result<void> Statement::run() {
    const Result<bool> stepped = step();
    if (!stepped) return stepped.error();
    return {};
}

std::optional<TimePoint> Statement::optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
}

Result<void> Connection::run(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    return statement->run();
}

}  // namespace kimbap::store::sql
