#include "store/sqlite/connection.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/temp_folder.hpp"

namespace kimbap::store::sqlite {
namespace {

class ConnectionTest : public ::testing::Test {
protected:
    std::unique_ptr<Connection> open(Connection::Mode mode = Connection::Mode::read_write) {
        auto connection = Connection::open(folder_ / "it's 100% #1?.db", mode);
        EXPECT_TRUE(connection) << connection.error().message;
        return std::move(*connection);
    }
    std::int64_t count(Connection& connection) {
        auto statement = connection.prepare("SELECT count(*) FROM t");
        EXPECT_TRUE(statement && *statement->step());
        return statement->integer(0);
    }
    test::TempFolder folder_;
};

TEST_F(ConnectionTest, BindsAndReadsEveryType) {
    const auto connection = open();
    ASSERT_TRUE(connection->execute("CREATE TABLE t (i, s, b, n, w, o)"));
    const TimePoint time = from_unix_micros(1'795'435'200'123'456);
    const std::string blob("\0\x01\xFF", 3);
    auto insert = connection->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)");
    ASSERT_TRUE(insert);
    ASSERT_TRUE(insert->bind(std::int64_t{-5})
                    .bind("naïve")
                    .bind_blob(blob.data(), blob.size())
                    .bind_null()
                    .bind(time)
                    .bind(std::optional<TimePoint>{})
                    .run());
    auto select = connection->prepare("SELECT i, s, b, n, w, o FROM t");
    ASSERT_TRUE(select && *select->step());
    EXPECT_EQ(select->integer(0), -5);
    EXPECT_EQ(select->text(1), "naïve");
    EXPECT_EQ(select->view(2), blob);
    EXPECT_TRUE(select->is_null(3));
    EXPECT_EQ(select->time(4), time);
    EXPECT_EQ(select->optional_time(5), std::nullopt);
    EXPECT_FALSE(*select->step());
}

TEST_F(ConnectionTest, EmptyTextAndBlobAreNotNull) {
    const auto connection = open();
    ASSERT_TRUE(connection->execute("CREATE TABLE t (s TEXT NOT NULL, b BLOB NOT NULL)"));
    auto insert = connection->prepare("INSERT INTO t VALUES (?, ?)");
    EXPECT_TRUE(insert->bind(std::string_view{}).bind_blob(nullptr, 0).run());
}

TEST_F(ConnectionTest, AStatementMayBeUsedAgainWhileItIsStepping) {
    const auto connection = open();
    ASSERT_TRUE(connection->execute("CREATE TABLE t (i); INSERT INTO t VALUES (1), (2), (3)"));
    static constexpr const char* kSelect = "SELECT i FROM t ORDER BY i";
    auto outer = connection->prepare(kSelect);
    int seen = 0;
    while (*outer->step()) {
        auto inner = connection->prepare(kSelect);
        while (*inner->step()) ++seen;
    }
    EXPECT_EQ(seen, 9);
}

TEST_F(ConnectionTest, AConstraintIsSaidToBeADuplicate) {
    const auto connection = open();
    ASSERT_TRUE(connection->execute("CREATE TABLE t (i PRIMARY KEY); INSERT INTO t VALUES (1)"));
    const auto again = connection->run("INSERT INTO t VALUES (1)");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::already_exists);
}

TEST_F(ConnectionTest, ALockIsWaitedFor) {
    const auto holder = open();
    ASSERT_TRUE(holder->execute("PRAGMA journal_mode=WAL; CREATE TABLE t (i)"));
    ASSERT_TRUE(holder->run("BEGIN IMMEDIATE"));
    std::thread waiter([this] {
        const auto other = open();
        EXPECT_TRUE(other->run("BEGIN IMMEDIATE"));
        EXPECT_TRUE(other->run("INSERT INTO t VALUES (2)"));
        EXPECT_TRUE(other->run("COMMIT"));
    });
    ASSERT_TRUE(holder->run("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(holder->run("COMMIT"));
    waiter.join();
    EXPECT_EQ(count(*holder), 2);
}

TEST_F(ConnectionTest, AReadOnlyConnectionRefusesToWriteWithTheMend) {
    ASSERT_TRUE(open()->execute("CREATE TABLE t (i)"));
    for (const auto mode : {Connection::Mode::read_only, Connection::Mode::immutable}) {
        const auto connection = open(mode);
        EXPECT_TRUE(connection->read_only());
        EXPECT_EQ(count(*connection), 0);
        const auto outcome = connection->run("INSERT INTO t VALUES (1)");
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::storage_failure);
        EXPECT_NE(outcome.error().message.find("make the data directory writable"),
                  std::string::npos)
            << outcome.error().message;
    }
}

TEST_F(ConnectionTest, AFileThatIsNoDatabaseIsSaidToBeOne) {
    const std::string path = folder_ / "notes.txt";
    FILE* const file = std::fopen(path.c_str(), "w");
    std::fputs(std::string(4096, 'x').c_str(), file);
    std::fclose(file);
    const auto connection = Connection::open(path, Connection::Mode::read_write);
    const auto outcome = connection ? (*connection)->execute("CREATE TABLE t (i)")
                                    : Result<void>(connection.error());
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("restore kimbap.db from a backup"), std::string::npos)
        << outcome.error().message;
}

TEST_F(ConnectionTest, AMissingFolderIsNamed) {
    const auto connection =
        Connection::open(folder_ / "none/kimbap.db", Connection::Mode::read_write);
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().code, Errc::storage_failure);
    EXPECT_NE(connection.error().message.find("none/kimbap.db"), std::string::npos);
    EXPECT_NE(connection.error().message.find("check that data_dir exists"), std::string::npos);
}

}  // namespace
}  // namespace kimbap::store::sqlite
