#include "audit/writer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "unit/audit/log_fixture.hpp"

namespace kimbap::audit {
namespace {

using WriterTest = test::LogFixture;

TEST_F(WriterTest, ConcurrentCallersMakeOneGaplessChain) {
    constexpr int kThreads = 2;
    constexpr int kCallers = 16;
    constexpr int kRecords = 40;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&] {
            asio::io_context io(1);
            for (int caller = 0; caller < kCallers; ++caller) {
                asio::co_spawn(
                    io,
                    [&]() -> Task<> {
                        for (int i = 0; i < kRecords; ++i) {
                            const Result<void> done = co_await log.append(record());
                            EXPECT_TRUE(done);
                        }
                    },
                    asio::detached);
            }
            io.run();
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto found = verify();
    EXPECT_TRUE(found.intact) << found.fault;
    EXPECT_EQ(found.records, kThreads * kCallers * kRecords);
}

TEST_F(WriterTest, ARecordIsDurableWithTheChangeItTellsOrNotAtAll) {
    const auto change = [&](bool fails) {
        return store::write_blocking(*store, [&](store::Transaction& t) -> Result<void> {
            const auto put = t.meta().put(fails ? "bad" : "good", "x");
            if (!put) return put;
            const auto recorded = audit::append(t, record("vault.changed"));
            if (!recorded) return recorded;
            if (fails) return make_error(Errc::conflict, "no");
            return {};
        });
    };
    EXPECT_TRUE(change(false));
    EXPECT_FALSE(change(true));
    EXPECT_TRUE(change(false));
    const auto found = verify();
    EXPECT_TRUE(found.intact) << found.fault;
    EXPECT_EQ(found.records, 2);
}

TEST_F(WriterTest, AFailedNeighbourInTheSameCommitLeavesNoGap) {
    asio::io_context io(1);
    int failed = 0;
    for (int i = 0; i < 60; ++i) {
        asio::co_spawn(
            io,
            [&, i]() -> Task<> {
                if (i % 3 != 0) {
                    const Result<void> done = co_await log.append(record());
                    EXPECT_TRUE(done);
                    co_return;
                }
                store::Write work = [&](store::Transaction& t) -> Result<void> {
                    const auto recorded = audit::append(t, record());
                    if (!recorded) return recorded;
                    return make_error(Errc::conflict, "no");
                };
                const Result<void> done = co_await store::write(*store, std::move(work));
                if (!done) ++failed;
            },
            asio::detached);
    }
    io.run();
    EXPECT_EQ(failed, 20);
    const auto found = verify();
    EXPECT_TRUE(found.intact) << found.fault;
    EXPECT_EQ(found.records, 40);
}

TEST_F(WriterTest, AnAppendThatIsNeverAwaitedWritesNothing) {
    { const auto unused = log.append(record()); }
    EXPECT_EQ(head().seq, 0);
}

}  // namespace
}  // namespace kimbap::audit
