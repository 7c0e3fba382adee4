#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/sql/connection.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::test {

enum class DatabaseKind { sqlite, postgres };

/// A fresh database of either kind, with kimbap's tables.
class Database {
public:
    static std::unique_ptr<Database> make(DatabaseKind kind);
    virtual ~Database() = default;
    /// Throws where it fails.
    virtual std::unique_ptr<store::sql::Connection> connect() = 0;
};

/// Instantiates a suite for both: those with PostgreSQL run in one process (CMakeLists.txt), with
/// one server.
#define KIMBAP_FOR_EACH_DATABASE(suite)                                                 \
    INSTANTIATE_TEST_SUITE_P(Sqlite, suite,                                             \
                             ::testing::Values(::kimbap::test::DatabaseKind::sqlite),   \
                             [](const auto&) { return "sqlite"; });                     \
    INSTANTIATE_TEST_SUITE_P(Postgres, suite,                                           \
                             ::testing::Values(::kimbap::test::DatabaseKind::postgres), \
                             [](const auto&) { return "postgres"; })

}  // namespace kimbap::test
