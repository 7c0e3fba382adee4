#include "mcp/outbox.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

namespace kimbap::mcp {
namespace {

using Kind = Outbox::Kind;
using State = Outbox::State;

class OutboxTest : public testing::Test {
protected:
    Outbox::Batch read(const std::shared_ptr<Outbox::Reader>& reader,
                       std::chrono::milliseconds limit = std::chrono::seconds(5)) {
        Outbox::Batch result;
        asio::co_spawn(context_, reader->read(limit),
                       [&](std::exception_ptr, Outbox::Batch batch) { result = std::move(batch); });
        context_.restart();
        context_.run();
        return result;
    }
    static std::string joined(const Outbox::Batch& batch) {
        std::string out;
        for (const auto& event : batch.events) {
            out += std::to_string(event.seq) + *event.text + " ";
        }
        return out;
    }
    static std::shared_ptr<Outbox> make(std::size_t messages, std::size_t bytes,
                                        std::size_t retained) {
        return std::make_shared<Outbox>(Outbox::Bounds{messages, bytes, retained});
    }

    asio::io_context context_;
};

TEST_F(OutboxTest, DeliversInOrderThenEnds) {
    const auto outbox = make(10, 100, 0);
    const auto reader = outbox->attach(context_.get_executor());
    outbox->push("a", Kind::normal);
    outbox->push("b", Kind::response);
    EXPECT_EQ(joined(read(reader)), "1a 2b ");
    outbox->push("c", Kind::normal);
    outbox->finish();
    EXPECT_FALSE(outbox->push("d", Kind::response));
    const auto last = read(reader);
    EXPECT_EQ(joined(last), "3c ");
    EXPECT_EQ(last.state, State::finished);
}

TEST_F(OutboxTest, TimesOut) {
    const auto outbox = make(10, 100, 0);
    const auto reader = outbox->attach(context_.get_executor());
    const auto batch = read(reader, std::chrono::milliseconds(1));
    EXPECT_TRUE(batch.timed_out);
    EXPECT_EQ(batch.state, State::open);
}

TEST_F(OutboxTest, ALaggingReaderLosesWhatIsDroppableThenItsStream) {
    const auto outbox = make(2, 100, 0);
    const auto reader = outbox->attach(context_.get_executor());
    EXPECT_TRUE(outbox->push("a", Kind::droppable));
    EXPECT_TRUE(outbox->push("b", Kind::droppable));
    EXPECT_FALSE(outbox->push("c", Kind::droppable));
    EXPECT_TRUE(outbox->push("d", Kind::response));
    EXPECT_FALSE(outbox->push("e", Kind::normal));
    EXPECT_EQ(read(reader).state, State::overflowed);
}

TEST_F(OutboxTest, OneMessageMayExceedTheBytes) {
    const auto outbox = make(10, 4, 0);
    EXPECT_TRUE(outbox->push("longer", Kind::normal));
    EXPECT_FALSE(outbox->push("x", Kind::normal));
}

TEST_F(OutboxTest, ReplaysToAReaderThatComesBack) {
    const auto outbox = make(10, 100, 2);
    auto reader = outbox->attach(context_.get_executor());
    for (const auto* text : {"a", "b", "c"}) outbox->push(text, Kind::normal);
    EXPECT_EQ(joined(read(reader)), "1a 2b 3c ");
    outbox->push("d", Kind::normal);
    EXPECT_EQ(joined(read(outbox->attach(context_.get_executor(), 2))), "3c 4d ");
    EXPECT_EQ(joined(read(outbox->attach(context_.get_executor(), 0))), "3c 4d ")
        << "what is not kept is gone";
    EXPECT_EQ(read(reader).state, State::superseded);
}

TEST_F(OutboxTest, ReleasesItsReaderOnly) {
    const auto outbox = make(10, 100, 5);
    const auto reader = outbox->attach(context_.get_executor());
    outbox->release(std::chrono::milliseconds(7));
    const auto batch = read(reader);
    EXPECT_EQ(batch.state, State::released);
    EXPECT_EQ(batch.retry.count(), 7);
    EXPECT_FALSE(outbox->finished());
}

TEST_F(OutboxTest, TakesMessagesFromEveryThread) {
    constexpr int kThreads = 4;
    constexpr int kEach = 500;
    const auto outbox = make(kThreads * kEach, 1U << 20, 0);
    const auto reader = outbox->attach(context_.get_executor());
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < kEach; ++n) outbox->push("x", Kind::normal);
        });
    }
    std::size_t received = 0;
    while (received < kThreads * kEach) {
        const auto batch = read(reader);
        ASSERT_FALSE(batch.timed_out);
        received += batch.events.size();
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(received, static_cast<std::size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace kimbap::mcp
