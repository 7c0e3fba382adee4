#include "audit/reader.hpp"

#include <gmock/gmock.h>

#include "unit/audit/log_fixture.hpp"

namespace kimbap::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReaderTest : public test::LogFixture {
protected:
    std::vector<std::int64_t> read(const Filter& filter) {
        std::vector<std::int64_t> seen;
        EXPECT_TRUE(for_each(*store, filter, [&](std::int64_t seq, const std::string& line) {
            EXPECT_NE(line.find("\"seq\":" + std::to_string(seq) + ","), std::string::npos);
            EXPECT_NE(line.find(",\"hash\":\""), std::string::npos);
            seen.push_back(seq);
        }));
        return seen;
    }
    void append_as(const std::string& agent, const std::string& action, const std::string& call) {
        Record each = record();
        each.caller->agent = agent;
        each.action = action;
        each.call = call;
        ASSERT_TRUE(log.append_blocking(each));
    }
};

TEST_F(ReaderTest, GivesAllOrTheLast) {
    EXPECT_THAT(read({}), IsEmpty());
    append(5);
    EXPECT_THAT(read({}), ElementsAre(1, 2, 3, 4, 5));
    Filter last;
    last.limit = 2;
    EXPECT_THAT(read(last), ElementsAre(4, 5));
    last.before_seq = 4;
    EXPECT_THAT(read(last), ElementsAre(2, 3)) << "the page before";
    last.limit = 99;
    EXPECT_THAT(read(last), ElementsAre(1, 2, 3));
    last.limit = 0;
    EXPECT_THAT(read(last), ElementsAre(1, 2, 3));
}

TEST_F(ReaderTest, GivesTheFirstOnes) {
    append(5);
    Filter first;
    first.oldest = true;
    first.limit = 2;
    EXPECT_THAT(read(first), ElementsAre(1, 2));
    first.after_seq = 2;
    EXPECT_THAT(read(first), ElementsAre(3, 4));
    first.after_seq = 4;
    EXPECT_THAT(read(first), ElementsAre(5));
}

TEST_F(ReaderTest, FollowsALogThatGrows) {
    append(3);
    Filter rest;
    rest.after_seq = *last_seq(*store);
    EXPECT_EQ(rest.after_seq, 3);
    EXPECT_THAT(read(rest), IsEmpty());
    append(2);
    EXPECT_THAT(read(rest), ElementsAre(4, 5));
    rest.limit = 1;
    EXPECT_THAT(read(rest), ElementsAre(5));
}

TEST_F(ReaderTest, FiltersByEachMember) {
    append_as("support-bot", "shop.list", "call_1");
    append_as("support-bot", "stripe.refund", "call_2");
    append_as("dev-bot", "shop.create", "call_2");
    append(1, "vault.changed");
    const auto by = [&](auto Filter::*member, const char* value) {
        Filter filter;
        filter.*member = value;
        return read(filter);
    };
    EXPECT_THAT(by(&Filter::agent, "support-bot"), ElementsAre(1, 2));
    EXPECT_THAT(by(&Filter::agent, "*-bot"), ElementsAre(1, 2, 3));
    EXPECT_THAT(by(&Filter::action, "shop.*"), ElementsAre(1, 3, 4));
    EXPECT_THAT(by(&Filter::kind, "vault.*"), ElementsAre(4));
    EXPECT_THAT(by(&Filter::kind, "vault.changed"), ElementsAre(4));
    EXPECT_THAT(by(&Filter::call, "call_2"), ElementsAre(2, 3));
    EXPECT_THAT(by(&Filter::call, "call_*"), IsEmpty());
    Filter both;
    both.agent = "support-bot";
    both.action = "shop.*";
    both.limit = 5;
    EXPECT_THAT(read(both), ElementsAre(1));
}

TEST_F(ReaderTest, FiltersByTime) {
    const TimePoint start = clock.now();
    append(5);  // a second apart
    Filter filter;
    filter.since = start + std::chrono::seconds(2);
    EXPECT_THAT(read(filter), ElementsAre(3, 4, 5));
    filter.until = start + std::chrono::seconds(4);
    EXPECT_THAT(read(filter), ElementsAre(3, 4));
    filter.since = start + std::chrono::hours(9);
    EXPECT_THAT(read(filter), IsEmpty());
}

TEST_F(ReaderTest, ATimeSearchFindsRecordsWrittenWhenTheClockWasSetBack) {
    const TimePoint start = clock.now();
    append(3);
    clock.set(start - std::chrono::minutes(30));
    append(2);
    clock.set(start + std::chrono::minutes(1));
    append(2);
    Filter filter;
    filter.since = start;
    EXPECT_THAT(read(filter), ElementsAre(1, 2, 3, 6, 7));
}

TEST_F(ReaderTest, ReadsALogLongerThanAPiece) {
    append(2500);
    EXPECT_EQ(read({}).size(), 2500U);
    Filter last;
    last.limit = 1500;
    const auto seen = read(last);
    ASSERT_EQ(seen.size(), 1500U);
    EXPECT_EQ(seen.front(), 1001);
    EXPECT_EQ(seen.back(), 2500);
}

TEST_F(ReaderTest, AListenerMayWriteToTheStore) {
    append(3);
    std::int64_t seen = 0;
    Filter first;
    first.before_seq = 4;
    ASSERT_TRUE(for_each(*store, first, [&](std::int64_t, const std::string&) {
        ++seen;
        append(1);
    }));
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(*last_seq(*store), 6);
}

}  // namespace
}  // namespace kimbap::audit
