#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "support/child_process.hpp"
#include "unit/audit/log_fixture.hpp"

/// One log, written by several processes at once.
namespace kimbap::audit {
namespace {

Record record_of(int process, int number) {
    Record record;
    record.kind = "call.finished";
    record.time = SystemClock().now();
    record.call = "call_" + std::to_string(process) + "_" + std::to_string(number);
    return record;
}

int append_many(const std::string& data, int process, int count, int acknowledge = -1) {
    const auto store = test::open_store(data);
    Writer log(*store);
    for (int i = 0; i < count; ++i) {
        const auto done = log.append_blocking(record_of(process, i));
        if (!done) {
            std::fprintf(stderr, "%s\n", done.error().message.c_str());
            return 1;
        }
        if (acknowledge >= 0 && ::write(acknowledge, &i, sizeof i) != sizeof i) return 2;
    }
    return 0;
}

std::size_t count_of(const store::Store& store, int process) {
    std::size_t count = 0;
    EXPECT_TRUE(for_each(store, {}, [&](std::int64_t, const std::string& line) {
        count += line.find("\"call_" + std::to_string(process) + "_") != std::string::npos ? 1 : 0;
    }));
    return count;
}

TEST(ProcessesTest, WriteOneGaplessChainTogether) {
    constexpr int kProcesses = 4;
    constexpr int kRecords = 150;
    test::TempFolder folder;
    std::vector<std::unique_ptr<test::ChildProcess>> children;
    for (int process = 0; process < kProcesses; ++process) {
        children.push_back(std::make_unique<test::ChildProcess>(
            [&] { return append_many(folder / "data", process, kRecords); }));
    }
    for (const auto& child : children) EXPECT_EQ(child->wait(), 0);
    const auto store = test::open_store(folder / "data");
    const auto found = verify(*store, {});
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->intact) << found->fault;
    EXPECT_EQ(found->records, kProcesses * kRecords);
    for (int process = 0; process < kProcesses; ++process) {
        EXPECT_EQ(count_of(*store, process), std::size_t{kRecords});
    }
}

TEST(ProcessesTest, CreateOneLogTogether) {
    for (int round = 0; round < 8; ++round) {
        test::TempFolder folder;
        std::vector<std::unique_ptr<test::ChildProcess>> children;
        for (int process = 0; process < 4; ++process) {
            children.push_back(std::make_unique<test::ChildProcess>(
                [&] { return append_many(folder / "data", process, 1); }));
        }
        for (const auto& child : children) ASSERT_EQ(child->wait(), 0) << round;
        const auto found = verify(*test::open_store(folder / "data"), {});
        ASSERT_TRUE(found);
        EXPECT_EQ(found->records, 4);
    }
}

TEST(ProcessesTest, KillingAWriterLosesNothingAcknowledgedAndHoldsUpNobody) {
    constexpr int kRounds = 6;
    test::TempFolder folder;
    for (int round = 0; round < kRounds; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        test::ChildProcess victim(
            [&] { return append_many(folder / "data", 100 + round, 1'000'000, pipe[1]); });
        test::ChildProcess bystander([&] { return append_many(folder / "data", 200 + round, 50); });
        ::close(pipe[1]);
        int last = -1;
        while (last < 10 + round * 3) {
            ASSERT_EQ(::read(pipe[0], &last, sizeof last), ssize_t{sizeof last});
        }
        victim.kill(SIGKILL);
        EXPECT_EQ(victim.wait(), -1);
        EXPECT_EQ(bystander.wait(), 0);
        for (int next = 0; ::read(pipe[0], &next, sizeof next) == sizeof next;) last = next;
        ::close(pipe[0]);

        const auto store = test::open_store(folder / "data");
        EXPECT_GE(count_of(*store, 100 + round), static_cast<std::size_t>(last + 1));
        EXPECT_EQ(count_of(*store, 200 + round), 50U);
        const auto found = verify(*store, {});
        ASSERT_TRUE(found);
        EXPECT_TRUE(found->intact) << found->fault;
    }
}

}  // namespace
}  // namespace kimbap::audit
