#include "store/sqlite/log_tidier.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "store/sql/tables.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::store::sqlite {
namespace {

constexpr std::chrono::seconds kPatience{60};

class LogTidierTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(migrate(*connection));
        ASSERT_TRUE(connection->use_write_ahead_log());
        ASSERT_TRUE(connection->execute("PRAGMA synchronous=NORMAL"));
        connection->defer_copying();
    }
    /// A commit of some ten pages.
    void commit() {
        ASSERT_TRUE(connection->run("BEGIN IMMEDIATE"));
        ASSERT_TRUE(
            tables.meta().put("key" + std::to_string(commits_++), std::string(40'000, 'x')));
        ASSERT_TRUE(connection->run("COMMIT"));
    }
    void grow_to(int pages) {
        while (connection->log_pages() < pages) commit();
    }
    /// Commits until the log has begun anew; false where it doesn't.
    bool begins_anew() {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < deadline) {
            const int before = connection->log_pages();
            commit();
            if (connection->log_pages() < before) return true;
            tidier_.after_commit(*connection);
            std::this_thread::yield();
        }
        return false;
    }
    /// Whether every commit so far is there, as another process sees it.
    bool complete() {
        auto other = Connection::open(folder / "kimbap.db", Connection::Mode::read_only).value();
        for (int i = 0; i < commits_; ++i) {
            const auto value = sql::MetaTable(*other).get("key" + std::to_string(i));
            if (!value || !*value || (*value)->size() != 40'000) return false;
        }
        return true;
    }

    test::TempFolder folder;
    const std::unique_ptr<Connection> connection =
        Connection::open(folder / "kimbap.db", Connection::Mode::read_write).value();
    sql::Tables tables{*connection};
    LogTidier tidier_{folder / "kimbap.db"};
    int commits_ = 0;
};

TEST_F(LogTidierTest, AShortLogIsLeftAlone) {
    grow_to(LogTidier::kLongLogPages / 2);
    for (int i = 0; i < 20; ++i) {
        const int before = connection->log_pages();
        tidier_.after_commit(*connection);
        commit();
        EXPECT_GT(connection->log_pages(), before);
    }
}

TEST_F(LogTidierTest, ALongLogBeginsAnewWhileCommitsGoOn) {
    for (int round = 0; round < 3; ++round) {
        grow_to(LogTidier::kLongLogPages);
        EXPECT_TRUE(begins_anew()) << round;
    }
    EXPECT_TRUE(complete());
}

TEST_F(LogTidierTest, ItsThreadFillsTheDatabase) {
    grow_to(LogTidier::kLongLogPages);
    tidier_.after_commit(*connection);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const std::uintmax_t written = static_cast<std::uintmax_t>(commits_) * 40'000;
    while (std::filesystem::file_size(folder / "kimbap.db") < written) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

TEST_F(LogTidierTest, ItsThreadGivesWayToAllOthers) {
    const auto idle_threads = [] {
        std::set<std::string> found;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            const std::string id = task.path().filename();
            if (::sched_getscheduler(std::stoi(id)) == SCHED_IDLE) found.insert(id);
        }
        return found;
    };
    const auto before = idle_threads();
    grow_to(LogTidier::kLongLogPages);
    EXPECT_TRUE(begins_anew());
    EXPECT_EQ(idle_threads().size(), before.size() + 1);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER) << "the writer is as it was";
}

TEST_F(LogTidierTest, ALogThatGrowsFasterThanItIsCopiedSlowsTheWriterDown) {
    // Its connection waits for this one, so that it is never done.
    auto holder = Connection::open(folder / "held.db", Connection::Mode::read_write).value();
    ASSERT_TRUE(holder->run("BEGIN EXCLUSIVE"));
    LogTidier held(folder / "held.db");
    const auto time_of_after_commit = [&] {
        const auto since = std::chrono::steady_clock::now();
        held.after_commit(*connection);
        return std::chrono::steady_clock::now() - since;
    };
    grow_to(LogTidier::kLongLogPages);
    held.after_commit(*connection);
    grow_to(LogTidier::kPressingLogPages);
    EXPECT_GE(time_of_after_commit(), LogTidier::kPressingPause);
    grow_to(2 * LogTidier::kPressingLogPages);
    EXPECT_GE(time_of_after_commit(), 2 * LogTidier::kPressingPause);
    ASSERT_TRUE(holder->run("COMMIT"));
}

TEST_F(LogTidierTest, AReaderOnlyPutsItOff) {
    auto reader = Connection::open(folder / "kimbap.db", Connection::Mode::read_only).value();
    commit();
    ASSERT_TRUE(reader->run("BEGIN"));
    ASSERT_TRUE(sql::MetaTable(*reader).get("key0"));
    grow_to(LogTidier::kLongLogPages);
    while (connection->log_pages() < LogTidier::kLongLogPages + 2 * LogTidier::kRetryPages) {
        tidier_.after_commit(*connection);
        commit();
    }
    ASSERT_TRUE(reader->run("COMMIT"));
    EXPECT_TRUE(begins_anew());
    EXPECT_TRUE(complete());
}

TEST_F(LogTidierTest, EndsWhileACopyIsUnderWay) {
    grow_to(LogTidier::kLongLogPages);
    {
        LogTidier brief(folder / "kimbap.db");
        brief.after_commit(*connection);
    }
    EXPECT_TRUE(begins_anew());
    EXPECT_TRUE(complete());
}

TEST_F(LogTidierTest, WithoutItsConnectionTheWriterCopiesAlone) {
    LogTidier lost(folder / "nowhere/kimbap.db");
    grow_to(LogTidier::kLongLogPages);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    bool anew = false;
    while (!anew && std::chrono::steady_clock::now() < deadline) {
        const int before = connection->log_pages();
        lost.after_commit(*connection);
        commit();
        anew = connection->log_pages() < before;
    }
    EXPECT_TRUE(anew);
    EXPECT_TRUE(complete());
}

}  // namespace
}  // namespace kimbap::store::sqlite
