#include "store/write_gate.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "store/awaited_write.hpp"
#include "store/store.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::store {
namespace {

class WriteGateTest : public ::testing::Test, protected test::StoreFixture {
protected:
    Task<> put_many(std::string prefix, int count, int& done) {
        for (int i = 0; i < count; ++i) {
            Write work = [key = prefix + std::to_string(i)](Transaction& t) {
                return t.meta().put(key, "x");
            };
            const Result<void> outcome = co_await write(*store, std::move(work));
            if (outcome) ++done;
        }
    }
    std::size_t stored(const std::string& prefix, int count) {
        std::size_t found = 0;
        const auto read = store->read([&](const Snapshot& snapshot) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                const auto value = snapshot.meta().get(prefix + std::to_string(i));
                if (!value) return value.error();
                if (*value) ++found;
            }
            return {};
        });
        EXPECT_TRUE(read);
        return found;
    }
};

TEST_F(WriteGateTest, ManyCoroutinesOfOneContextAllGetTheirOutcome) {
    asio::io_context io(1);
    int done = 0;
    for (int caller = 0; caller < 32; ++caller) {
        asio::co_spawn(io, put_many("c" + std::to_string(caller) + "-", 20, done), asio::detached);
    }
    io.run();  // Ends by itself: waiting coroutines count as work, and none is left.
    EXPECT_EQ(done, 32 * 20);
    EXPECT_EQ(stored("c31-", 20), 20U);
}

TEST_F(WriteGateTest, ContextsWithAThreadEachShareAStore) {
    constexpr int kContexts = 3;
    std::vector<int> done(kContexts);
    std::vector<std::thread> threads;
    for (int context = 0; context < kContexts; ++context) {
        threads.emplace_back([&, context] {
            asio::io_context io(1);
            for (int caller = 0; caller < 8; ++caller) {
                const std::string prefix =
                    "t" + std::to_string(context) + "-" + std::to_string(caller) + "-";
                asio::co_spawn(io, put_many(prefix, 10, done[static_cast<std::size_t>(context)]),
                               asio::detached);
            }
            io.run();
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(done, std::vector<int>(kContexts, 80));
}

TEST_F(WriteGateTest, AnErrorReachesItsOwnCoroutineOnly) {
    asio::io_context io(1);
    int done = 0;
    std::optional<Result<void>> failed;
    asio::co_spawn(io, put_many("good", 1, done), asio::detached);
    asio::co_spawn(
        io,
        [&]() -> Task<> {
            Write work = [](Transaction& t) -> Result<void> {
                static_cast<void>(t.meta().put("bad", "x"));
                return make_error(Errc::conflict, "no");
            };
            failed = co_await write(*store, std::move(work));
        },
        asio::detached);
    asio::co_spawn(io, put_many("better", 1, done), asio::detached);
    io.run();
    EXPECT_EQ(done, 2);
    ASSERT_TRUE(failed && failed->has_error());
    EXPECT_EQ(failed->error().code, Errc::conflict);
    EXPECT_EQ(stored("good", 1) + stored("better", 1), 2U);
    const auto bad = query(*store, [](const Snapshot& s) { return s.meta().get("bad"); });
    EXPECT_EQ(*bad, std::nullopt);
}

TEST_F(WriteGateTest, ACoroutineResumesInItsStrand) {
    asio::io_context io;
    const auto strand = asio::make_strand(io);
    bool inside = false;
    asio::co_spawn(
        strand,
        [&]() -> Task<> {
            Write work = [](Transaction& t) { return t.meta().put("key", "x"); };
            const Result<void> outcome = co_await write(*store, std::move(work));
            inside = outcome && strand.running_in_this_thread();
        },
        asio::detached);
    std::thread other([&] { io.run(); });
    io.run();
    other.join();
    EXPECT_TRUE(inside);
}

TEST_F(WriteGateTest, TwoStoresServeOneContext) {
    const auto second = test::open_store(folder / "second");
    asio::io_context io(1);
    int done = 0;
    for (Store* each : {store.get(), second.get(), store.get()}) {
        asio::co_spawn(
            io,
            [&done, each]() -> Task<> {
                Write work = [](Transaction& t) { return t.meta().put("key", "x"); };
                const Result<void> outcome = co_await write(*each, std::move(work));
                if (outcome) ++done;
            },
            asio::detached);
    }
    io.run();
    EXPECT_EQ(done, 3);
    const auto found = query(*second, [](const Snapshot& s) { return s.meta().get("key"); });
    EXPECT_EQ(*found, "x");
}

TEST_F(WriteGateTest, ACompletionThatThrowsDoesNotStrandTheOthers) {
    asio::io_context io(1);
    int done = 0;
    const auto once = [&]() -> Task<> { return put_many("key", 1, done); };
    asio::co_spawn(io, once(), [](std::exception_ptr) { throw std::runtime_error("thrown"); });
    for (int i = 0; i < 5; ++i) asio::co_spawn(io, once(), asio::detached);
    EXPECT_THROW(io.run(), std::runtime_error);
    io.run();
    EXPECT_EQ(done, 6);
}

TEST_F(WriteGateTest, AContextMayDieWhileItsWritesAreUnderWay) {
    struct Witness {
        explicit Witness(int& alive) : alive(alive) { ++alive; }
        ~Witness() { --alive; }
        int& alive;
    };
    int alive = 0;
    for (int round = 0; round < 20; ++round) {
        auto io = std::make_unique<asio::io_context>(1);
        for (int caller = 0; caller < 8; ++caller) {
            asio::co_spawn(
                *io,
                [this, &alive]() -> Task<> {
                    const Witness witness(alive);
                    for (;;) {
                        Write work = [](Transaction& t) { return t.meta().put("key", "x"); };
                        const Result<void> outcome = co_await write(*store, std::move(work));
                        if (!outcome) co_return;
                    }
                },
                asio::detached);
        }
        for (int step = 0; step < 10 + round; ++step) io->poll_one();
        io.reset();
        EXPECT_EQ(alive, 0) << "every waiting coroutine was destroyed";
    }
}

}  // namespace
}  // namespace kimbap::store
