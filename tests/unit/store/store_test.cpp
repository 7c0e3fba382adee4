#include "store/store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/postgres_server.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/sql/database.hpp"

namespace kimbap::store {
namespace {

class StoreTest : public ::testing::TestWithParam<test::DatabaseKind> {
protected:
    std::unique_ptr<Store> open() {
        auto opened = open_store({folder / "data", true, where_});
        if (!opened) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    Result<void> put(const std::string& key, const std::string& value) {
        return write_blocking(*store, [&](Transaction& t) { return t.meta().put(key, value); });
    }
    std::optional<std::string> get(const std::string& key) {
        const auto value =
            query(*store, [&](const Snapshot& snapshot) { return snapshot.meta().get(key); });
        if (!value) throw std::runtime_error(value.error().message);
        return *value;
    }

    test::TempFolder folder;
    const std::string where_ = GetParam() == test::DatabaseKind::sqlite
                                   ? std::string(kEmbedded)
                                   : test::PostgresServer::shared().new_database();
    std::unique_ptr<Store> store = open();
};

TEST_P(StoreTest, WhatWasWrittenCanBeRead) {
    ASSERT_TRUE(put("colour", "green"));
    EXPECT_EQ(get("colour"), "green");
    EXPECT_EQ(get("shape"), std::nullopt);
}

TEST_P(StoreTest, WhatWasWrittenIsThereAfterReopening) {
    ASSERT_TRUE(put("colour", "green"));
    store.reset();
    store = open();
    EXPECT_EQ(get("colour"), "green");
}

TEST_P(StoreTest, FailedWorkLeavesNothingBehind) {
    const auto outcome = write_blocking(*store, [](Transaction& t) -> Result<void> {
        const auto done = t.meta().put("colour", "red");
        if (!done) return done;
        return make_error(Errc::conflict, "changed my mind");
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::conflict);
    EXPECT_EQ(outcome.error().message, "changed my mind");
    EXPECT_EQ(get("colour"), std::nullopt);
}

TEST_P(StoreTest, WorkThatThrowsFailsAloneAndLeavesNothingBehind) {
    const auto outcome = write_blocking(*store, [](Transaction& t) -> Result<void> {
        static_cast<void>(t.meta().put("colour", "red"));
        throw std::runtime_error("a bug");
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::internal);
    EXPECT_EQ(get("colour"), std::nullopt);
    EXPECT_TRUE(put("colour", "green"));
}

TEST_P(StoreTest, TransactGivesTheValueOfItsFunction) {
    const auto answer = transact(*store, [](Transaction& t) -> Result<int> {
        const auto done = t.meta().put("answer", "42");
        if (!done) return done.error();
        return 42;
    });
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, 42);
    EXPECT_EQ(get("answer"), "42");
}

TEST_P(StoreTest, AReadSeesOneMomentWhateverIsWrittenMeanwhile) {
    ASSERT_TRUE(put("colour", "green"));
    const auto outcome = store->read([&](const Snapshot& snapshot) -> Result<void> {
        const auto before = snapshot.meta().get("colour");
        EXPECT_EQ(**before, "green");
        EXPECT_TRUE(put("colour", "blue"));
        const auto after = snapshot.meta().get("colour");
        EXPECT_EQ(**after, "green");
        return {};
    });
    ASSERT_TRUE(outcome);
    EXPECT_EQ(get("colour"), "blue");
}

TEST_P(StoreTest, ReadsOfManyThreadsAndWritesGoTogether) {
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            const std::string key = "key" + std::to_string(thread);
            for (int i = 0; i < 50; ++i) {
                const std::string value = std::to_string(i);
                if (!put(key, value) || get(key) != value) ++wrong;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST_P(StoreTest, ClosingWritesWhatIsQueued) {
    std::atomic<int> done = 0;
    for (int i = 0; i < 2000; ++i) {
        store->submit([i](Transaction& t) { return t.meta().put("key" + std::to_string(i), "x"); },
                      [&](const Result<void>& outcome) { done += outcome.has_value() ? 1 : 0; });
    }
    store.reset();
    EXPECT_EQ(done, 2000);
    store = open();
    EXPECT_EQ(get("key1999"), "x");
}

KIMBAP_FOR_EACH_DATABASE(StoreTest);

TEST(CheckStoreTest, KnowsWhatNamesAStore) {
    for (const char* where : {"sqlite", "postgresql://kimbap:pass%20word@db.example:5432/kimbap",
                              "postgres:///kimbap?host=/run/postgresql"}) {
        EXPECT_TRUE(check_store(where)) << where;
    }
    for (const char* where :
         {"", "mysql://x", "SQLite", "postgresql://kimbap:hunter2@db/x?nonsense=1"}) {
        const auto checked = check_store(where);
        ASSERT_FALSE(checked) << where;
        EXPECT_EQ(checked.error().code, Errc::invalid_config);
        EXPECT_EQ(checked.error().message.find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace kimbap::store
