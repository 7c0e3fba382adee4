#include "store/postgres/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "store/postgres/connection.hpp"
#include "store/sql/tables.hpp"
#include "support/postgres_server.hpp"

namespace kimbap::store::postgres {
namespace {

class PostgresSchemaTest : public ::testing::Test {
protected:
    std::unique_ptr<Connection> open() { return Connection::open({url_, true}).value(); }
    /// The URL for another role.
    [[nodiscard]] std::string as(const std::string& role) const {
        std::string url = url_;
        return url.replace(url.find("user=kimbap"), 11, "user=" + role);
    }
    static std::string chain(Connection& connection) {
        return sql::MetaTable(connection).get("audit.chain").value().value();
    }

    test::PostgresServer& server_ = test::PostgresServer::shared();
    const std::string url_ = server_.new_database();
};

TEST_F(PostgresSchemaTest, MigratingAgainChangesNothing) {
    const auto connection = open();
    ASSERT_TRUE(migrate(*connection));
    const std::string made = chain(*connection);
    EXPECT_TRUE(made.starts_with("chn_"));
    ASSERT_TRUE(migrate(*open()));
    EXPECT_EQ(chain(*connection), made);
}

TEST_F(PostgresSchemaTest, ManyOpenersOfANewDatabaseMakeOneChain) {
    std::vector<std::string> chains(8);
    std::vector<std::thread> threads;
    for (std::string& out : chains) {
        threads.emplace_back([&] {
            const auto connection = open();
            const auto done = migrate(*connection);
            out = done ? chain(*connection) : done.error().message;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set(chains.begin(), chains.end()).size(), 1U);
    EXPECT_THAT(chains, ::testing::Each(::testing::StartsWith("chn_")));
}

TEST_F(PostgresSchemaTest, ANewerSchemaIsRefusedWithTheMend) {
    ASSERT_TRUE(migrate(*open()));
    server_.execute(url_, "UPDATE kimbap.meta SET value = '99' WHERE key = 'schema.version'");
    const auto done = migrate(*open());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::unsupported);
    EXPECT_NE(done.error().message.find("upgrade kimbap"), std::string::npos);
}

TEST_F(PostgresSchemaTest, AForeignSchemaOfThatNameIsLeftAlone) {
    server_.execute(url_, "CREATE SCHEMA kimbap; CREATE TABLE kimbap.meta (key TEXT, value BYTEA)");
    const auto done = migrate(*open());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::corrupt);
}

TEST_F(PostgresSchemaTest, ASchemaThatIsThereAndEmptyNeedsNoRightToMakeOne) {
    server_.execute(url_, "CREATE ROLE owner LOGIN; CREATE SCHEMA kimbap AUTHORIZATION owner");
    const auto connection = Connection::open({as("owner"), true});
    ASSERT_TRUE(connection);
    EXPECT_TRUE(migrate(**connection));
}

TEST_F(PostgresSchemaTest, AMissingRightIsNamedWithTheMend) {
    server_.execute(url_, "CREATE ROLE lesser LOGIN");
    for (const char* what : {"making the schema", "using it"}) {
        const auto done = migrate(**Connection::open({as("lesser"), true}));
        ASSERT_FALSE(done) << what;
        EXPECT_NE(done.error().message.find("permission denied"), std::string::npos) << what;
        EXPECT_NE(done.error().message.find("docs/postgresql.md"), std::string::npos) << what;
        ASSERT_TRUE(migrate(*open()));
    }
}

}  // namespace
}  // namespace kimbap::store::postgres
