#include "async/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/run_task.hpp"

namespace kimbap::async {
namespace {

TEST(WorkerPool, GivesWhatTheWorkReturnsOnTheCallersThread) {
    WorkerPool pool(2);
    const auto caller = std::this_thread::get_id();
    const auto task = [&]() -> Task<std::string> {
        std::thread::id worker;
        const auto work = [&worker]() -> Result<int> {
            worker = std::this_thread::get_id();
            return 41;
        };
        const Result<int> answer = co_await pool.run(work);
        EXPECT_EQ(std::this_thread::get_id(), caller);
        EXPECT_NE(worker, caller);
        co_return std::to_string(answer.value() + 1);
    };
    EXPECT_EQ(test::run_task(task()), "42");
}

TEST(WorkerPool, GivesTheWorksError) {
    WorkerPool pool(1);
    const auto work = []() -> Result<int> { return make_error(Errc::not_found, "nothing there"); };
    const Result<int> answer = test::run_task(pool.run(work));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::not_found);
}

TEST(WorkerPool, ThrowsAtTheAwaiterWhatTheWorkThrows) {
    WorkerPool pool(1);
    const auto work = []() -> Result<int> { throw std::out_of_range("thrown by the work"); };
    EXPECT_THROW(static_cast<void>(test::run_task(pool.run(work))), std::out_of_range);
    const auto fine = []() -> Result<int> { return 1; };
    EXPECT_EQ(test::run_task(pool.run(fine)).value(), 1) << "the thread lives on";
}

TEST(WorkerPool, RunsAsManyAtOnceAsItHasThreads) {
    std::promise<void> first_runs;
    std::promise<void> second_runs;
    std::promise<bool> met;
    WorkerPool pool(2);  // ends before what its jobs use
    // Each job waits for the other one to have started.
    ASSERT_TRUE(pool.submit([&] {
        first_runs.set_value();
        const auto other = second_runs.get_future();
        met.set_value(other.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    }));
    ASSERT_TRUE(pool.submit([&] {
        second_runs.set_value();
        first_runs.get_future().wait();
    }));
    EXPECT_TRUE(met.get_future().get());
}

TEST(WorkerPool, WaitIdleOutlastsEveryJobAndWhatItHolds) {
    WorkerPool pool(2);
    pool.wait_idle();  // nothing to wait for
    const auto held = std::make_shared<std::atomic<int>>(0);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit([held] { ++*held; }));
    pool.wait_idle();
    EXPECT_EQ(*held, 100);
    EXPECT_EQ(held.use_count(), 1);
}

// The thread that resumes a coroutine still holds its executor when the coroutine goes on.
TEST(WorkerPool, AnIoContextThatWasStoppedMayDieAfterWaitIdle) {
    WorkerPool pool(4);
    for (int i = 0; i < 500; ++i) {
        asio::io_context context(1);
        const auto task = [&]() -> Task<void> {
            const auto work = []() -> Result<int> { return 7; };
            auto running = pool.run(work);
            static_cast<void>(co_await std::move(running));
        };
        asio::co_spawn(context, task(), [&](std::exception_ptr) { context.stop(); });
        context.run();
        pool.wait_idle();
    }
}

TEST(WorkerPool, ZeroThreadsMeansOne) {
    WorkerPool pool(0);
    const auto work = []() -> Result<int> { return 7; };
    EXPECT_EQ(test::run_task(pool.run(work)).value(), 7);
}

TEST(WorkerPool, RefusesWorkBeyondItsQueue) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::promise<void> started;
    std::atomic<std::size_t> done{0};
    {
        WorkerPool pool(1);
        ASSERT_TRUE(pool.submit([&] {
            started.set_value();
            released.wait();
        }));
        started.get_future().wait();
        for (std::size_t i = 0; i < WorkerPool::kMaxQueue; ++i) {
            ASSERT_TRUE(pool.submit([&] { ++done; }));
        }
        EXPECT_FALSE(pool.submit([&] { ++done; }));
        const auto work = []() -> Result<int> { return 1; };
        const Result<int> refused = test::run_task(pool.run(work));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::unavailable);
        release.set_value();
    }
    EXPECT_EQ(done, WorkerPool::kMaxQueue) << "what was queued is finished before the pool dies";
}

TEST(WorkerPool, FinishesQueuedWorkWhoseAwaiterIsGone) {
    // The coroutine and its io_context end while its work waits in the queue: the work runs all the
    // same, and nobody is resumed.
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<bool> worked{false};
    bool resumed = false;
    asio::io_context context;
    {
        WorkerPool pool(1);
        ASSERT_TRUE(pool.submit([&] { released.wait(); }));
        const auto awaiter = [&]() -> Task<void> {
            const auto work = [&worked]() -> Result<int> {
                worked = true;
                return 1;
            };
            static_cast<void>(co_await pool.run(work));
            resumed = true;
        };
        asio::co_spawn(context, awaiter(), asio::detached);
        context.poll();
        context.stop();
        release.set_value();
    }
    EXPECT_TRUE(worked);
    EXPECT_FALSE(resumed);
}

TEST(WorkerPool, ServesCoroutinesOfSeveralThreads) {
    constexpr int kThreads = 4;
    constexpr int kCalls = 200;
    WorkerPool pool(2);
    std::atomic<int> sum{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            const auto task = [&]() -> Task<int> {
                int total = 0;
                for (int call = 0; call < kCalls; ++call) {
                    const auto work = []() -> Result<int> { return 1; };
                    const Result<int> one = co_await pool.run(work);
                    total += one.value();
                }
                co_return total;
            };
            sum += test::run_task(task());
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(sum, kThreads * kCalls);
}

}  // namespace
}  // namespace kimbap::async
