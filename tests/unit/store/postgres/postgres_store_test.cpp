#include "store/postgres/postgres_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "store/audit_store.hpp"
#include "support/postgres_server.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::store::postgres {
namespace {

using ::testing::HasSubstr;

class PostgresStoreTest : public ::testing::Test {
protected:
    std::unique_ptr<Store> open() {
        auto opened = open_store({folder_ / "data", true, url_});
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    static Result<void> put(Store& store, const std::string& key, const std::string& value) {
        return write_blocking(store, [&](Transaction& t) { return t.meta().put(key, value); });
    }
    static std::string get(const Store& store, const std::string& key) {
        return query(store, [&](const Snapshot& s) { return s.meta().get(key); })
            .value()
            .value_or("absent");
    }
    /// What the audit writer does: the next number, whoever else appends.
    static Result<void> append(Store& store) {
        return write_blocking(store, [](Transaction& t) -> Result<void> {
            const auto head = t.audit().head();
            if (!head) return head.error();
            return t.audit().append({head->seq + 1, from_unix_micros(head->seq), "{}", {}});
        });
    }

    test::TempFolder folder_;
    test::PostgresServer server_;
    const std::string url_ = server_.new_database();
};

TEST_F(PostgresStoreTest, MakesAFolderForItsUserAlone) {
    const auto store = open();
    struct stat status {};
    ASSERT_EQ(::stat((folder_ / "data").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(PostgresStoreTest, StoresShareADatabase) {
    const auto one = open();
    const auto other = open();
    ASSERT_TRUE(put(*one, "colour", "green"));
    EXPECT_EQ(get(*other, "colour"), "green");
    ASSERT_TRUE(put(*other, "colour", "blue"));
    EXPECT_EQ(get(*one, "colour"), "blue");
}

TEST_F(PostgresStoreTest, WritersOfSeveralProcessesMakeOneChainWithoutGaps) {
    constexpr int kStores = 3;
    constexpr int kThreads = 2;
    constexpr int kRecords = 40;
    std::vector<std::unique_ptr<Store>> stores;
    for (int i = 0; i < kStores; ++i) stores.push_back(open());
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kStores * kThreads; ++i) {
        threads.emplace_back([&, store = stores[static_cast<std::size_t>(i % kStores)].get()] {
            for (int record = 0; record < kRecords; ++record) {
                if (!append(*store)) ++failures;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    std::int64_t last = 0;
    ASSERT_TRUE(stores[0]->read([&](const Snapshot& s) {
        return s.audit().scan(0, [&](const AuditRow& row) { return row.seq == ++last; });
    }));
    EXPECT_EQ(last, kStores * kThreads * kRecords);
}

TEST_F(PostgresStoreTest, GoesOnWhereTheServerComesBack) {
    const auto store = open();
    ASSERT_TRUE(put(*store, "colour", "green"));
    EXPECT_EQ(get(*store, "colour"), "green");
    server_.stop();
    const auto refused = put(*store, "colour", "red");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::storage_failure);
    EXPECT_THAT(refused.error().message, HasSubstr("the store can't be reached"));
    EXPECT_FALSE(store->last_commit());
    EXPECT_FALSE(store->read([](const Snapshot&) { return Result<void>{}; }));
    server_.start();
    EXPECT_EQ(get(*store, "colour"), "green");
    EXPECT_TRUE(put(*store, "colour", "blue"));
    EXPECT_TRUE(store->last_commit());
    EXPECT_EQ(get(*store, "colour"), "blue");
}

TEST_F(PostgresStoreTest, LongScansCrossTheirParts) {
    const auto store = open();
    ASSERT_TRUE(write_blocking(*store, [](Transaction& t) -> Result<void> {
        for (std::int64_t seq = 1; seq <= 2500; ++seq) {
            const auto done = t.audit().append({seq, from_unix_micros(seq), "{}", {}});
            if (!done) return done;
        }
        return {};
    }));
    std::int64_t up = 0;
    std::int64_t down = 2501;
    ASSERT_TRUE(store->read([&](const Snapshot& s) {
        return s.audit().scan(0, [&](const AuditRow& row) { return row.seq == ++up; });
    }));
    EXPECT_EQ(up, 2500);
    ASSERT_TRUE(store->read([&](const Snapshot& s) {
        return s.audit().scan_back(0, [&](const AuditRow& row) { return row.seq == --down; });
    }));
    EXPECT_EQ(down, 1);
}

TEST_F(PostgresStoreTest, AServerThatIsNotThereIsAnErrorOfTheStart) {
    server_.stop();
    const auto opened = open_store({folder_ / "data", true, url_});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::storage_failure);
    EXPECT_THAT(opened.error().message, HasSubstr("the store can't be reached"));
}

}  // namespace
}  // namespace kimbap::store::postgres
