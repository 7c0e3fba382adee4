#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/sql/tables.hpp"
#include "unit/store/sql/database.hpp"

namespace kimbap::test {

/// All tables over a fresh database of either kind.
class TableFixture : public ::testing::TestWithParam<DatabaseKind> {
protected:
    static TimePoint at(std::int64_t seconds) { return from_unix_micros(seconds * 1'000'000); }
    static store::ApprovalRow approval(const std::string& id, const std::string& binding) {
        store::ApprovalRow out;
        out.id = id;
        out.revision = 1;
        out.state = "pending";
        out.caller_key = "token:tok_a";
        out.binding = binding;
        out.created_at = at(100);
        out.expires_at = at(200);
        out.document = R"({"action":"shop.buy"})";
        out.sealed_call = std::string("\0sealed", 7);
        return out;
    }
    [[nodiscard]] bool touched(store::Topic topic) {
        const bool found = (tables.touched().bits() >> static_cast<unsigned>(topic) & 1U) != 0;
        tables.touched().clear();
        return found;
    }

    const std::unique_ptr<Database> database = Database::make(GetParam());
    const std::unique_ptr<store::sql::Connection> connection = database->connect();
    store::sql::Tables tables{*connection};
};

/// The code of a failure; nullopt of a success.
template <class T>
std::optional<Errc> code_of(const Result<T>& result) {
    if (result.has_value()) return std::nullopt;
    return result.error().code;
}

}  // namespace kimbap::test
