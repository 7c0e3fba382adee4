#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "store/sql/connection.hpp"

namespace kimbap::store::sql {

/// The next row, as `read` (Statement → Row, or Result<Row>) makes of it; nullopt after the last.
template <class Row, class Read>
Result<std::optional<Row>> next_row(Statement& statement, Read read) {
    const Result<bool> more = statement.step();
    if (!more) return more.error();
    if (!*more) return std::optional<Row>{};
    Result<Row> row = read(statement);
    if (!row) return row.error();
    return std::optional<Row>(std::move(*row));
}

/// All of them.
template <class Row, class Read>
Result<std::vector<Row>> all_rows(Statement& statement, Read read) {
    std::vector<Row> rows;
    for (;;) {
        auto row = next_row<Row>(statement, read);
        if (!row) return row.error();
        if (!*row) return rows;
        rows.push_back(std::move(**row));
    }
}

}  // namespace kimbap::store::sql
