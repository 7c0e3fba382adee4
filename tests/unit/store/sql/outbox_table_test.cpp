#include <gmock/gmock.h>

#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
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
    /// "channel seconds" of each channel with pending rows.
    std::string due() {
        std::string out;
        for (const ChannelDue& one : outbox.due().value()) {
            out += (out.empty() ? "" : ", ") + one.channel + " " +
                   std::to_string((one.at - at(0)) / std::chrono::seconds(1));
        }
        return out;
    }
    OutboxStore& outbox = tables.outbox();
    int count_ = 0;
};

TEST_P(OutboxTableTest, GivesBackWhatWasInserted) {
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

TEST_P(OutboxTableTest, ForgetsOldDeliveriesOfApprovalsThatNoLongerWait) {
    ApprovalRow decided = approval("apr_1", "b1");
    decided.state = "denied";
    ASSERT_TRUE(tables.approvals().insert(decided));
    ASSERT_TRUE(tables.approvals().insert(approval("apr_2", "b2")));
    const auto add = [&](const char* id, const char* approval_id, const char* state,
                         std::int64_t created) {
        OutboxRow one = row(id, 110);
        one.approval_id = approval_id;
        one.state = state;
        one.created_at = at(created);
        ASSERT_TRUE(outbox.insert(one));
    };
    add("evt_1", "apr_1", "delivered", 100);
    add("evt_2", "apr_1", "delivered", 101);
    add("evt_3", "apr_1", "delivered", 300);
    add("evt_4", "apr_1", "pending", 100);
    add("evt_5", "apr_1", "dead", 100);
    add("evt_6", "apr_2", "delivered", 100);
    add("evt_7", "", "delivered", 100);
    EXPECT_EQ(*outbox.purge_delivered(at(200), 1), 1U);
    EXPECT_EQ(*outbox.purge_delivered(at(200), 10), 2U);
    EXPECT_EQ(*outbox.purge_delivered(at(200), 10), 0U);
    EXPECT_THAT(ids(outbox.of_approval("apr_1")), ElementsAre("evt_3", "evt_4", "evt_5"));
    EXPECT_THAT(ids(outbox.of_approval("apr_2")), ElementsAre("evt_6"));
    EXPECT_THAT(ids(outbox.of_approval("")), IsEmpty());
}

TEST_P(OutboxTableTest, ClaimsWhatIsDueUntilTheLeaseLapses) {
    ASSERT_TRUE(outbox.insert(row("evt_1", 120)));
    ASSERT_TRUE(outbox.insert(row("evt_2", 110)));
    ASSERT_TRUE(outbox.insert(row("evt_3", 130)));
    EXPECT_EQ(due(), "ops-hook 110");
    EXPECT_THAT(ids(outbox.claim_due("ops-hook", at(125), at(185), 10)),
                ElementsAre("evt_2", "evt_1"));
    EXPECT_THAT(ids(outbox.claim_due("ops-hook", at(125), at(185), 10)), IsEmpty());
    EXPECT_EQ(due(), "ops-hook 130");
    EXPECT_THAT(ids(outbox.claim_due("ops-hook", at(190), at(250), 1)), ElementsAre("evt_3"));
    EXPECT_THAT(ids(outbox.claim_due("ops-hook", at(190), at(250), 10)),
                ElementsAre("evt_1", "evt_2"));
}

TEST_P(OutboxTableTest, ChannelsAreLookedAtAndClaimedOneByOne) {
    for (const char* channel : {"slack", "mail", "hook"}) {
        for (int i = 0; i < 3; ++i) {
            OutboxRow one = row(std::string("evt_") + channel + std::to_string(i), 110 + i);
            one.channel = channel;
            one.recipient = "alice@example.com";
            ASSERT_TRUE(outbox.insert(one));
        }
    }
    EXPECT_EQ(due(), "hook 110, mail 110, slack 110");
    EXPECT_THAT(ids(outbox.claim_due("mail", at(111), at(171), 10)),
                ElementsAre("evt_mail0", "evt_mail1"));
    EXPECT_EQ(due(), "hook 110, mail 112, slack 110");
    EXPECT_EQ(outbox.of_approval("apr_1")->at(0).recipient, "alice@example.com");
}

TEST_P(OutboxTableTest, CountsWhatIsNotDelivered) {
    for (const char* state : {"pending", "pending", "delivered", "dead"}) {
        OutboxRow one = row(std::string("evt_") + std::to_string(++count_), 110);
        one.state = state;
        ASSERT_TRUE(outbox.insert(one));
    }
    const auto counts = outbox.undelivered().value();
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts[0].state + std::to_string(counts[0].rows), "pending2");
    EXPECT_EQ(counts[1].state + std::to_string(counts[1].rows), "dead1");
}

TEST_P(OutboxTableTest, WhatIsDeliveredOrDeadIsNotDue) {
    ASSERT_TRUE(outbox.insert(row("evt_1", 110)));
    ASSERT_TRUE(outbox.insert(row("evt_2", 110)));
    OutboxRow delivered = row("evt_1", 110);
    delivered.state = "delivered";
    delivered.attempts = 1;
    delivered.receipt = "C1:17.0001";
    ASSERT_TRUE(outbox.update(delivered));
    OutboxRow dead = row("evt_2", 110);
    dead.state = "dead";
    dead.attempts = 9;
    dead.last_error = "410 Gone";
    ASSERT_TRUE(outbox.update(dead));
    EXPECT_THAT(ids(outbox.claim_due("ops-hook", at(999), at(1000), 10)), IsEmpty());
    EXPECT_EQ(due(), "");
    EXPECT_EQ(outbox.of_approval("apr_1")->at(1).last_error, "410 Gone");
    EXPECT_EQ(outbox.of_approval("apr_1")->at(1).attempts, 9);
    EXPECT_EQ(outbox.of_approval("apr_1")->at(0).receipt, "C1:17.0001");
    EXPECT_EQ(code_of(outbox.update(row("evt_9", 1))), Errc::not_found);
}

KIMBAP_FOR_EACH_DATABASE(OutboxTableTest);

}  // namespace
}  // namespace kimbap::store::sql
