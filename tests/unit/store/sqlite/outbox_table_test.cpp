#include <gmock/gmock.h>

#include "unit/store/sqlite/table_fixture.hpp"

namespace kimbap::store::sqlite {
namespace {

using test::code_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OutboxTableTest : public test::TableFixture {
protected:
    static OutboxRow row(const std::string& id, std::int64_t due) {
        return {id,      "apr_1", "ops-hook", R"({"type":"approval.requested"})", "pending", 0,
                at(100), at(due), ""};
    }
    static std::vector<std::string> ids(const Result<std::vector<OutboxRow>>& rows) {
        std::vector<std::string> out;
        for (const OutboxRow& row : rows.value()) out.push_back(row.id);
        return out;
    }
    OutboxStore& outbox = tables.outbox();
};

TEST_F(OutboxTableTest, GivesBackWhatWasInserted) {
    ASSERT_TRUE(outbox.insert(row("evt_1", 110)));
    EXPECT_TRUE(touched(Topic::outbox));
    EXPECT_EQ(code_of(outbox.insert(row("evt_1", 110))), Errc::already_exists);
    const auto rows = outbox.of_approval("apr_1");
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->at(0).channel, "ops-hook");
    EXPECT_EQ(rows->at(0).body, R"({"type":"approval.requested"})");
    EXPECT_EQ(rows->at(0).next_attempt_at, at(110));
    EXPECT_THAT(ids(outbox.of_approval("apr_2")), IsEmpty());
}

TEST_F(OutboxTableTest, ClaimsWhatIsDueUntilTheLeaseLapses) {
    ASSERT_TRUE(outbox.insert(row("evt_1", 120)));
    ASSERT_TRUE(outbox.insert(row("evt_2", 110)));
    ASSERT_TRUE(outbox.insert(row("evt_3", 130)));
    EXPECT_EQ(*outbox.next_due(), at(110));
    EXPECT_THAT(ids(outbox.claim_due(at(125), at(185), 10)), ElementsAre("evt_2", "evt_1"));
    EXPECT_THAT(ids(outbox.claim_due(at(125), at(185), 10)), IsEmpty());
    EXPECT_EQ(*outbox.next_due(), at(130));
    EXPECT_THAT(ids(outbox.claim_due(at(190), at(250), 1)), ElementsAre("evt_3"));
    EXPECT_THAT(ids(outbox.claim_due(at(190), at(250), 10)), ElementsAre("evt_1", "evt_2"));
}

TEST_F(OutboxTableTest, WhatIsDeliveredOrDeadIsNotDue) {
    ASSERT_TRUE(outbox.insert(row("evt_1", 110)));
    ASSERT_TRUE(outbox.insert(row("evt_2", 110)));
    OutboxRow delivered = row("evt_1", 110);
    delivered.state = "delivered";
    delivered.attempts = 1;
    ASSERT_TRUE(outbox.update(delivered));
    OutboxRow dead = row("evt_2", 110);
    dead.state = "dead";
    dead.attempts = 9;
    dead.last_error = "410 Gone";
    ASSERT_TRUE(outbox.update(dead));
    EXPECT_THAT(ids(outbox.claim_due(at(999), at(1000), 10)), IsEmpty());
    EXPECT_EQ(*outbox.next_due(), std::nullopt);
    EXPECT_EQ(outbox.of_approval("apr_1")->at(1).last_error, "410 Gone");
    EXPECT_EQ(outbox.of_approval("apr_1")->at(1).attempts, 9);
    EXPECT_EQ(code_of(outbox.update(row("evt_9", 1))), Errc::not_found);
}

}  // namespace
}  // namespace kimbap::store::sqlite
