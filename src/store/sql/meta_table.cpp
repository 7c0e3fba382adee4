#include "store/sql/tables.hpp"

namespace kimbap::store::sql {

Result<std::optional<std::string>> MetaTable::get(std::string_view key) const {
    auto statement = connection_.prepare("SELECT value FROM meta WHERE key = ?");
    if (!statement) return statement.error();
    statement->bind(key);
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return std::optional<std::string>{};
    return std::optional<std::string>(statement->text(0));
}

Result<void> MetaTable::put(std::string_view key, std::string_view value) {
    auto statement = connection_.prepare(
        "INSERT INTO meta (key, value) VALUES (?, ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    if (!statement) return statement.error();
    return statement->bind(key).bind_blob(value.data(), value.size()).run();
}

}  // namespace kimbap::store::sql
