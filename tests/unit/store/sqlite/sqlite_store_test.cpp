#include "store/sqlite/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "store/sql/batch_writer.hpp"
#include "store/write_operation.hpp"
#include "support/child_process.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::store::sqlite {
namespace {

constexpr uid_t kNobody = 65534;

unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
}

Result<void> put(Store& store, const std::string& key, const std::string& value) {
    return write_blocking(store, [&](Transaction& t) { return t.meta().put(key, value); });
}

std::string get(const Store& store, const std::string& key) {
    return query(store, [&](const Snapshot& s) { return s.meta().get(key); })
        .value()
        .value_or("absent");
}

/// For the body of a child process: says what failed and ends it.
void require(bool fact, const std::string& what) {
    if (!fact) throw std::runtime_error("failed: " + what);
}

TEST(SqliteStoreTest, MakesAFolderAndFilesForItsUserAlone) {
    const mode_t before = ::umask(0);  // permissions must not depend on it
    test::TempFolder folder;
    const std::string data = folder / "a/b";
    const auto store = test::open_store(data);
    ASSERT_TRUE(put(*store, "key", "value"));
    ::umask(before);
    EXPECT_EQ(mode_of(data), 0700U);
    for (const char* name : {"/kimbap.db", "/kimbap.db-wal", "/kimbap.db-shm", "/changes"}) {
        EXPECT_EQ(mode_of(data + name), 0600U) << name;
    }
}

TEST(SqliteStoreTest, AFolderThatCannotBeMadeIsNamed) {
    test::TempFolder folder;
    std::ofstream(folder / "file") << "x";
    const auto store = open_store({folder / "file/data", true});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::storage_failure);
    EXPECT_NE(store.error().message.find("file/data: cannot be created"), std::string::npos);
    EXPECT_NE(store.error().message.find("choose another data_dir"), std::string::npos);
}

TEST(SqliteStoreTest, ACommitAnnouncesWhatItTouched) {
    test::StoreFixture fixture;
    const ChangeBoard& changes = fixture.store->changes();
    const auto other = test::open_store(fixture.folder / "data");
    ASSERT_TRUE(put(*fixture.store, "key", "value"));
    EXPECT_EQ(changes.version(Topic::secrets), 0U);
    ASSERT_TRUE(write_blocking(*fixture.store, [&](Transaction& t) -> Result<void> {
        t.touch(Topic::secrets);
        EXPECT_EQ(changes.version(Topic::secrets), 0U) << "not before the commit";
        return {};
    }));
    EXPECT_EQ(other->changes().version(Topic::secrets), 2U);
    ASSERT_FALSE(write_blocking(*fixture.store, [&](Transaction& t) -> Result<void> {
        t.touch(Topic::secrets);
        return make_error(Errc::conflict, "no");
    }));
    EXPECT_EQ(changes.version(Topic::secrets), 2U) << "nothing changed";
}

TEST(SqliteStoreTest, AnUnsettledAnnouncementIsRepairedByTheNextWriteOfAnything) {
    test::StoreFixture fixture;
    ChangeFile::open(fixture.folder / "data/changes")
        .value()
        ->announce(1U << static_cast<unsigned>(Topic::tokens));
    EXPECT_FALSE(ChangeBoard::stable(fixture.store->changes().version(Topic::tokens)));
    ASSERT_TRUE(put(*fixture.store, "key", "value"));
    EXPECT_TRUE(ChangeBoard::stable(fixture.store->changes().version(Topic::tokens)));
}

/// What a user who may read but not write the data directory gets.
int use_read_only(const std::string& data) {
    if (::getuid() == 0) require(::setuid(kNobody) == 0, "setuid");
    const auto store = test::open_store(data);
    require(get(*store, "key") == "value", "reading");
    const auto outcome = put(*store, "key", "other");
    require(!outcome, "refusing to write");
    require(outcome.error().code == Errc::storage_failure, "code");
    require(outcome.error().message.find("make the data directory writable") != std::string::npos,
            outcome.error().message);
    require(get(*store, "key") == "value", "reading again");
    return 0;
}

class ReadOnlyTest : public ::testing::TestWithParam<bool> {};

TEST_P(ReadOnlyTest, AReadOnlyDataDirectoryCanBeReadAndSaysWhyItCannotBeWritten) {
    test::TempFolder folder;
    ::chmod(folder.path().c_str(), 0755);
    const std::string data = folder / "data";
    auto store = test::open_store(data);
    ASSERT_TRUE(put(*store, "key", "value"));
    const bool others_have_it_open = GetParam();
    std::unique_ptr<test::ChildProcess> other;
    store.reset();
    std::string ready = folder / "ready";
    if (others_have_it_open) {
        other = std::make_unique<test::ChildProcess>([&] {
            const auto open = test::open_store(data);
            require(put(*open, "key", "value").has_value(), "writing");
            std::ofstream(ready) << "x";
            ::pause();
            return 0;
        });
        while (!std::filesystem::exists(ready)) ::usleep(1000);
    }
    const auto permit = [&](unsigned folder_mode, unsigned file_mode) {
        ::chmod(data.c_str(), folder_mode);
        for (const auto& entry : std::filesystem::directory_iterator(data)) {
            ::chmod(entry.path().c_str(), file_mode);
        }
    };
    permit(0755, 0444);
    ::chmod(data.c_str(), 0555);
    test::ChildProcess reader([&] { return use_read_only(data); });
    EXPECT_EQ(reader.wait(), 0);
    ::chmod(data.c_str(), 0755);
}
INSTANTIATE_TEST_SUITE_P(Sharing, ReadOnlyTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Open" : "Alone"; });

/// Writes until it fails; the failure must say so, and reading must go on.
int fill_up(Store& store) {
    const std::string block(100'000, 'x');
    Result<void> outcome = {};
    int written = 0;
    for (; written < 1000 && outcome; ++written) {
        outcome = put(store, "block" + std::to_string(written), block);
    }
    require(!outcome, "the disk is full by now");
    require(outcome.error().code == Errc::storage_failure, "code");
    require(outcome.error().message.find("the disk is full: free some space") != std::string::npos,
            outcome.error().message);
    require(get(store, "block0") == block, "reading what was written");
    require(get(store, "block" + std::to_string(written - 1)) == "absent", "all or nothing");
    return written;
}

TEST(SqliteStoreTest, AFileSizeLimitFailsWritesAndNothingElse) {
    test::TempFolder folder;
    test::ChildProcess child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const auto store = test::open_store(folder / "data");
        const rlimit limit{1 << 20, RLIM_INFINITY};
        require(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
        fill_up(*store);
        const rlimit lifted{RLIM_INFINITY, RLIM_INFINITY};
        require(::setrlimit(RLIMIT_FSIZE, &lifted) == 0, "setrlimit");
        require(put(*store, "after", "works").has_value(), "writing once there is room");
        return 0;
    });
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(get(*test::open_store(folder / "data"), "after"), "works");
}

TEST(SqliteStoreTest, AFullDiskFailsWritesAndNothingElse) {
    test::TempFolder folder;
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
        GTEST_SKIP() << "needs the right to mount";
    }
    {
        const auto store = test::open_store(folder / "data");
        std::ofstream(folder / "ballast") << std::string(500'000, 'x');
        fill_up(*store);
        EXPECT_EQ(store->last_commit().error().code, Errc::storage_failure);
        std::filesystem::remove(folder / "ballast");
        EXPECT_TRUE(put(*store, "after", "works"));
        EXPECT_TRUE(store->last_commit());
    }
    EXPECT_EQ(get(*test::open_store(folder / "data"), "after"), "works");
    EXPECT_EQ(::umount(folder.path().c_str()), 0);
}

/// A write of one statement that says on which thread it ran.
class Noted final : public WriteOperation, public WriteSink {
public:
    explicit Noted(std::string value = "x")
        : WriteOperation(static_cast<WriteSink&>(*this), true), value_(std::move(value)) {}
    Result<void> run(Transaction& transaction) override {
        ran_on_ = std::this_thread::get_id();
        return transaction.meta().put("noted", value_);
    }
    void deliver(WriteOperation* /*first*/) noexcept override {
        const std::lock_guard lock(mutex_);
        done_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_; });
        EXPECT_TRUE(outcome);
    }
    [[nodiscard]] bool ran_here() const { return ran_on_.load() == std::this_thread::get_id(); }

private:
    const std::string value_;
    std::atomic<std::thread::id> ran_on_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
};

/// How many of `count` writes, one after the other, ran on this thread.
unsigned run_here(Store& store, unsigned count, const std::string& value = "x") {
    unsigned here = 0;
    for (unsigned i = 0; i < count; ++i) {
        Noted write(value);
        store.submit(&write);
        write.wait();
        here += write.ran_here() ? 1 : 0;
    }
    return here;
}

constexpr unsigned kLonely = sql::BatchWriter::kEnoughAlone;
constexpr unsigned kTurn = sql::BatchWriter::kThreadsTurn;

TEST(SqliteStoreTest, WithoutFsyncAWriteThatKeepsComingAloneIsCommittedByItsOwnThread) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data", false);
    EXPECT_EQ(run_here(*store, kLonely), 0U);
    const unsigned here = run_here(*store, 100 * kTurn);
    EXPECT_GT(here, 50 * kTurn);
    EXPECT_LE(here, 100 * (kTurn - 1)) << "some are the writer's, for the log's sake";
    EXPECT_EQ(get(*store, "noted"), "x");
}

TEST(SqliteStoreTest, WithFsyncTheWriterThreadCommits) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data", true);
    EXPECT_EQ(run_here(*store, kLonely + kTurn), 0U);
}

TEST(SqliteStoreTest, AWriteThatHasToWaitForAnotherProcessDoesSoOnTheWriterThread) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data", false);
    run_here(*store, kLonely);
    const auto other =
        Connection::open(folder / "data/kimbap.db", Connection::Mode::read_write).value();
    ASSERT_TRUE(other->begin_write());
    Noted waiting;
    store->submit(&waiting);  // returns while the other writes
    ASSERT_TRUE(other->commit());
    waiting.wait();
    EXPECT_FALSE(waiting.ran_here());
    EXPECT_GT(run_here(*store, kTurn), 0U);
}

TEST(SqliteStoreTest, WritesOfManyThreadsWithoutFsyncAreAllThere) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data", false);
    constexpr int kThreads = 4;
    constexpr int kWrites = 500;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&store, i] {
            // Alone at first and at last, beside the others in between.
            for (int n = 0; n < kWrites * (i + 1) / kThreads; ++n) {
                EXPECT_TRUE(put(*store, std::to_string(i), std::to_string(n)));
                run_here(*store, 1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (int i = 0; i < kThreads; ++i) {
        EXPECT_EQ(get(*store, std::to_string(i)), std::to_string(kWrites * (i + 1) / kThreads - 1));
    }
}

TEST(SqliteStoreTest, TheWriteAheadLogStaysShort) {
    test::StoreFixture fixture;
    const std::string block(40'000, 'x');
    // What was written is in the database before the store closes.
    for (int i = 0; std::filesystem::file_size(fixture.folder / "data/kimbap.db") < 8U << 20; ++i) {
        ASSERT_LT(i, 10'000);
        ASSERT_TRUE(put(*fixture.store, "block" + std::to_string(i), block));
    }
}

TEST(SqliteStoreTest, TheWriteAheadLogStaysShortWhereTheirOwnThreadsCommit) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data", false);
    // 400 MB: what is copied is written over.
    EXPECT_GT(run_here(*store, 10'000, std::string(40'000, 'x')), 5'000U);
    EXPECT_LT(std::filesystem::file_size(folder / "data/kimbap.db-wal"), 100U << 20);
}

TEST(SqliteStoreTest, WhatWasAcknowledgedSurvivesKill) {
    test::TempFolder folder;
    for (int round = 0; round < 5; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        test::ChildProcess writer([&] {
            const auto store = test::open_store(folder / "data");
            for (int i = 0;; ++i) {
                const std::string key = std::to_string(round) + "-" + std::to_string(i);
                require(put(*store, key, key).has_value(), "writing");
                require(::write(pipe[1], &i, sizeof i) == sizeof i, "acknowledging");
            }
            return 0;
        });
        ::close(pipe[1]);
        int last = -1;
        while (last < 20 + round) ASSERT_EQ(::read(pipe[0], &last, sizeof last), int{sizeof last});
        writer.kill(SIGKILL);
        EXPECT_EQ(writer.wait(), -1);
        for (int next = 0; ::read(pipe[0], &next, sizeof next) == sizeof next;) last = next;
        ::close(pipe[0]);
        const auto store = test::open_store(folder / "data");
        for (int i = 0; i <= last; ++i) {
            const std::string key = std::to_string(round) + "-" + std::to_string(i);
            ASSERT_EQ(get(*store, key), key);
        }
    }
}

}  // namespace
}  // namespace kimbap::store::sqlite
