#include "async/watchful_run.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>
#include <thread>

namespace kimbap::async {
namespace {

using namespace std::chrono_literals;

/// How many of `times` sleeps are preceded by a look, of which `met` meets an event.
int looks(Watchfulness& watchfulness, int times, bool met) {
    int count = 0;
    for (int i = 0; i < times; ++i) {
        if (!watchfulness.watch()) continue;
        watchfulness.learn(met);
        ++count;
    }
    return count;
}

TEST(WatchfulnessTest, LooksAsLongAsThatPays) {
    Watchfulness watchfulness;
    EXPECT_EQ(looks(watchfulness, 1000, true), 1000);
}

TEST(WatchfulnessTest, GivesUpWhereNothingComesAndTriesAgainNowAndThen) {
    Watchfulness watchfulness;
    looks(watchfulness, 100, false);
    EXPECT_EQ(looks(watchfulness, 640, false), 10);
    // One that met an event is followed by others.
    EXPECT_GE(looks(watchfulness, 64, true), 1);
    EXPECT_EQ(looks(watchfulness, 100, true), 100);
}

TEST(WatchfulnessTest, GoesOnWhereTwoOfThreeLooksPayAndNotWhereOneOfTwoDoes) {
    Watchfulness watchfulness;
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(watchfulness.watch());
        watchfulness.learn(i % 3 != 0);
    }
    int looked = 0;
    for (int i = 0; i < 1000; ++i) {
        if (!watchfulness.watch()) continue;
        watchfulness.learn(++looked % 2 == 0);
    }
    EXPECT_LT(looked, 100);
}

TEST(WatchfulRunTest, RunsAllHandlersAndReturnsWhereThereIsNoMoreWork) {
    boost::asio::io_context context(1);
    int ran = 0;
    boost::asio::steady_timer late(context, 20ms);
    late.async_wait([&](boost::system::error_code) {
        ++ran;
        boost::asio::post(context, [&] { ++ran; });
    });
    boost::asio::post(context, [&] { ++ran; });
    watchful_run(context);
    EXPECT_EQ(ran, 3);
}

TEST(WatchfulRunTest, ReturnsWhereItIsStoppedFromOutside) {
    for (const auto delay : {0us, 20us, 400us, 20'000us}) {
        boost::asio::io_context context(1);
        const auto work = boost::asio::make_work_guard(context);
        std::thread other([&] {
            std::this_thread::sleep_for(delay);
            context.stop();
        });
        watchful_run(context);
        other.join();
        EXPECT_TRUE(context.stopped());
    }
}

TEST(WatchfulRunTest, HearsOfWhatOtherThreadsPost) {
    boost::asio::io_context context(1);
    auto work = boost::asio::make_work_guard(context);
    constexpr int kPosts = 2000;
    int ran = 0;
    std::thread other([&] {
        for (int i = 0; i < kPosts; ++i) {
            // Some while it looks, some while it sleeps.
            if (i % 100 == 0) std::this_thread::sleep_for(1ms);
            boost::asio::post(context, [&] {
                if (++ran == kPosts) work.reset();
            });
        }
    });
    watchful_run(context);
    other.join();
    EXPECT_EQ(ran, kPosts);
}

TEST(WatchfulRunTest, AnExceptionOfAHandlerComesOutOfItAndTheRestCanBeRun) {
    boost::asio::io_context context(1);
    bool ran = false;
    boost::asio::post(context, [] { throw std::runtime_error("a bug"); });
    boost::asio::post(context, [&] { ran = true; });
    EXPECT_THROW(watchful_run(context), std::runtime_error);
    watchful_run(context);
    EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace kimbap::async
