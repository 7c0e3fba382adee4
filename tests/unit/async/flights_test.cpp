#include "async/flights.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "support/run_task.hpp"

namespace kimbap::async {
namespace {

using Numbers = Flights<int>;

TEST(Flights, OneFlightAName) {
    Numbers flights;
    const auto first = flights.join("a");
    const auto second = flights.join("a");
    const auto other = flights.join("b");
    EXPECT_TRUE(first.first);
    EXPECT_FALSE(second.first);
    EXPECT_TRUE(other.first);
    EXPECT_EQ(first.flight, second.flight);
    EXPECT_NE(first.flight, other.flight);
    flights.land("a", 2);
    EXPECT_TRUE(flights.join("a").first);
    flights.land("a", 4);
    flights.land("b", 4);
    flights.land("never joined", 4);
    flights.wait_for_all();
}

TEST(Flights, EveryoneLandsWhateverThread) {
    Numbers flights;
    const auto joined = flights.join("a");
    asio::io_context one;
    asio::io_context two;
    std::atomic<int> landed{0};
    const auto wait = [&]() -> Task<> {
        Task<int> waiting = Flight<int>::landing(joined.flight);
        const int got = co_await std::move(waiting);
        if (got == 6) ++landed;
    };
    for (int i = 0; i < 10; ++i) {
        asio::co_spawn(i % 2 == 0 ? one : two, wait, [](std::exception_ptr) {});
    }
    std::thread first([&] { one.run(); });
    std::thread second([&] { two.run(); });
    flights.land("a", 6);
    first.join();
    second.join();
    EXPECT_EQ(landed, 10);
    // Who comes too late for the landing still gets it.
    EXPECT_EQ(test::run_task(Flight<int>::landing(joined.flight)), 6);
}

TEST(Flights, WaitForAllWaits) {
    Numbers flights;
    static_cast<void>(flights.join("a"));
    std::atomic<bool> landed{false};
    std::thread pilot([&] {
        landed = true;
        flights.land("a", 2);
    });
    flights.wait_for_all();
    EXPECT_TRUE(landed);
    pilot.join();
}

}  // namespace
}  // namespace kimbap::async
