#include "store/postgres/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "support/postgres_server.hpp"

namespace kimbap::store::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresConnectionTest : public ::testing::Test {
protected:
    std::unique_ptr<Connection> open() {
        auto opened = Connection::open({url_, true});
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    /// Ends every connection to the database but psql's own.
    void cut_all() const {
        server_.execute(url_,
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    test::PostgresServer& server_ = test::PostgresServer::shared();
    const std::string url_ = server_.new_database();
    const std::string made_ = server_.execute(url_, "CREATE SCHEMA kimbap");
    std::unique_ptr<Connection> connection_ = open();
};

TEST_F(PostgresConnectionTest, BindsAndReadsEveryType) {
    ASSERT_TRUE(connection_->run("CREATE TABLE t (i BIGINT, s TEXT, b BYTEA, n TEXT, w BIGINT)"));
    const std::string bytes("\0\xFF'x", 4);
    {
        auto insert = connection_->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
        ASSERT_TRUE(insert);
        ASSERT_TRUE(insert->bind(std::numeric_limits<std::int64_t>::min())
                        .bind("it's \u00e9")
                        .bind_blob(bytes.data(), bytes.size())
                        .bind_null()
                        .bind(from_unix_micros(1'234'567))
                        .run());
        EXPECT_EQ(connection_->changes(), 1);
    }
    auto select = connection_->prepare("SELECT i, s, b, n, w FROM t WHERE s <> '?'");
    ASSERT_TRUE(select);
    ASSERT_TRUE(*select->step());
    EXPECT_EQ(select->integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(select->text(1), "it's \u00e9");
    EXPECT_EQ(select->view(2), bytes);
    EXPECT_TRUE(select->is_null(3));
    EXPECT_FALSE(select->is_null(1));
    EXPECT_EQ(select->time(4), from_unix_micros(1'234'567));
    EXPECT_FALSE(*select->step());
}

TEST_F(PostgresConnectionTest, EmptyTextAndBlobAreNotNull) {
    ASSERT_TRUE(connection_->run("CREATE TABLE t (s TEXT NOT NULL, b BYTEA NOT NULL)"));
    auto insert = connection_->prepare("INSERT INTO t VALUES (?, ?)");
    EXPECT_TRUE(insert->bind(std::string_view{}).bind_blob(nullptr, 0).run());
}

TEST_F(PostgresConnectionTest, AStatementMayBeUsedAgainWhileItIsStepping) {
    const char* const sql = "SELECT i FROM (VALUES (1), (2), (3)) AS v (i) WHERE i > ? ORDER BY i";
    auto outer = connection_->prepare(sql);
    outer->bind(std::int64_t{0});
    std::int64_t sum = 0;
    while (*outer->step()) {
        auto inner = connection_->prepare(sql);
        inner->bind(outer->integer(0));
        while (*inner->step()) sum += 10 * outer->integer(0) + inner->integer(0);
    }
    EXPECT_EQ(sum, 12 + 13 + 23);
}

TEST_F(PostgresConnectionTest, AConstraintIsSaidToBeADuplicateAndNothingOfTheRow) {
    ASSERT_TRUE(connection_->run("CREATE TABLE t (s TEXT PRIMARY KEY)"));
    ASSERT_TRUE(connection_->run("INSERT INTO t VALUES ('hunter2')"));
    const auto again = connection_->run("INSERT INTO t VALUES ('hunter2')");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::already_exists);
    EXPECT_THAT(again.error().message, Not(HasSubstr("hunter2")));
}

TEST_F(PostgresConnectionTest, ATransactionInWhichSomethingFailedIsNotSaidToBeCommitted) {
    ASSERT_TRUE(connection_->begin_write());
    EXPECT_FALSE(connection_->run("SELECT nonsense"));
    EXPECT_TRUE(connection_->in_transaction());
    const auto committed = connection_->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, Errc::storage_failure);
    EXPECT_FALSE(connection_->in_transaction());
    EXPECT_TRUE(connection_->begin_write());
    EXPECT_TRUE(connection_->commit());
}

TEST_F(PostgresConnectionTest, WritersTakeTurns) {
    const auto other = open();
    ASSERT_TRUE(other->run("SET lock_timeout = '100ms'"));
    ASSERT_TRUE(connection_->begin_write());
    const auto refused = other->begin_write();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another process held the database"));
    EXPECT_FALSE(other->in_transaction());
    EXPECT_TRUE(other->begin_read()) << "who reads waits for nobody";
    EXPECT_TRUE(other->commit());
    ASSERT_TRUE(connection_->commit());
    EXPECT_TRUE(other->begin_write());
    EXPECT_TRUE(other->commit());
}

TEST_F(PostgresConnectionTest, ATransactionBeginsOnANewConnectionWhereTheOldOneIsLost) {
    ASSERT_TRUE(*connection_->prepare("SELECT 1")->step());
    cut_all();
    ASSERT_TRUE(connection_->begin_write());
    EXPECT_TRUE(*connection_->prepare("SELECT 1")->step()) << "statements are prepared anew";
    EXPECT_TRUE(connection_->commit());
}

TEST_F(PostgresConnectionTest, AConnectionLostInATransactionTakesItAlong) {
    ASSERT_TRUE(connection_->run("CREATE TABLE t (i BIGINT)"));
    ASSERT_TRUE(connection_->begin_write());
    ASSERT_TRUE(connection_->run("INSERT INTO t VALUES (1)"));
    cut_all();
    EXPECT_FALSE(connection_->run("INSERT INTO t VALUES (2)"));
    EXPECT_FALSE(connection_->in_transaction());
    EXPECT_FALSE(connection_->commit());
    ASSERT_TRUE(connection_->begin_read());
    auto count = connection_->prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(*count->step());
    EXPECT_EQ(count->integer(0), 0);
}

TEST_F(PostgresConnectionTest, AServerThatHangsIsGivenUp) {
    ConnectionOptions options{url_, true};
    options.patience = std::chrono::milliseconds(300);
    const auto connection = Connection::open(options).value();
    // The second doesn't even fit into the socket's buffers.
    for (const std::string& text : {std::string("x"), std::string(16U << 20, 'x')}) {
        ASSERT_TRUE(connection->begin_write());
        {
            auto statement = connection->prepare("SELECT length(?)::bigint");
            ASSERT_TRUE(statement);
            server_.signal_backends(url_, SIGSTOP);
            const auto row = statement->bind(text).step();
            server_.signal_backends(url_, SIGCONT);
            ASSERT_FALSE(row);
            EXPECT_EQ(row.error().code, Errc::storage_failure);
            EXPECT_THAT(row.error().message, HasSubstr("does not answer"));
        }
        EXPECT_FALSE(connection->in_transaction());
    }
    EXPECT_TRUE(connection->begin_write()) << "goes on once the server does";
    EXPECT_TRUE(connection->commit());
}

TEST_F(PostgresConnectionTest, ATextThatCanNotBeKeptIsTheCallersFault) {
    ASSERT_TRUE(connection_->run("CREATE TABLE t (s TEXT)"));
    for (const std::string& text : {std::string("a\0b", 3), std::string("\xFF")}) {
        auto insert = connection_->prepare("INSERT INTO t VALUES (?)");
        const auto done = insert->bind(text).run();
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::invalid_argument);
    }
}

TEST_F(PostgresConnectionTest, ADatabaseThatIsNotUtf8IsRefused) {
    server_.execute(url_,
                    "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' "
                    "TEMPLATE template0");
    std::string url = url_;
    url.replace(url.find("/db"), url.find('?') - url.find("/db"), "/latin");
    const auto opened = Connection::open({url, true});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unsupported);
    EXPECT_THAT(opened.error().message, HasSubstr("ENCODING 'UTF8'"));
}

TEST_F(PostgresConnectionTest, AServerThatIsNotThereIsNamedWithoutThePassword) {
    const auto opened = Connection::open({"postgresql://kimbap:hunter2@127.0.0.1:1/kimbap", true});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::storage_failure);
    EXPECT_THAT(opened.error().message, HasSubstr("127.0.0.1"));
    EXPECT_THAT(opened.error().message, Not(HasSubstr("hunter2")));
    EXPECT_THAT(opened.error().message, Not(HasSubstr("\n")));
}

TEST_F(PostgresConnectionTest, ADatabaseThatIsMissingIsSaidToBe) {
    std::string url = url_;
    url.replace(url.find("/db"), 3, "/nothing");
    const auto opened = Connection::open({url, true});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("does not exist (create it first)"));
}

TEST_F(PostgresConnectionTest, CommitsAreDurableUnlessToldOtherwise) {
    const auto setting = [](Connection& connection) {
        auto statement = connection.prepare("SELECT current_setting('synchronous_commit')");
        return *statement->step() ? statement->text(0) : "";
    };
    server_.execute(url_, "ALTER ROLE kimbap SET synchronous_commit = off");
    EXPECT_EQ(setting(*open()), "on");
    server_.execute(url_, "ALTER ROLE kimbap SET synchronous_commit = remote_apply");
    EXPECT_EQ(setting(*open()), "remote_apply") << "more than asked for stands";
    server_.execute(url_, "ALTER ROLE kimbap RESET synchronous_commit");
    EXPECT_EQ(setting(**Connection::open({url_, false})), "off");
}

}  // namespace
}  // namespace kimbap::store::postgres
