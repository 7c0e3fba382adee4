#include <gmock/gmock.h>

#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
namespace {

using test::code_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ApprovalTableTest : public test::TableFixture {
protected:
    static ApprovalRow row(const std::string& id, const std::string& binding = "b1") {
        return approval(id, binding);
    }
    ApprovalStore& approvals = tables.approvals();
    static std::vector<std::string> ids(const Result<std::vector<ApprovalRow>>& rows) {
        std::vector<std::string> out;
        for (const ApprovalRow& row : rows.value()) out.push_back(row.id);
        return out;
    }
};

TEST_P(ApprovalTableTest, GivesBackWhatWasInserted) {
    ApprovalRow full = row("apr_1");
    full.execution = "executing";
    full.lease_until = at(150);
    full.outcome_expires_at = at(300);
    full.sealed_outcome = "outcome";
    ASSERT_TRUE(approvals.insert(full));
    EXPECT_TRUE(touched(Topic::approvals));
    const auto found = approvals.find("apr_1");
    ASSERT_TRUE(found && *found);
    const ApprovalRow& stored = **found;
    EXPECT_EQ(stored.revision, 1);
    EXPECT_EQ(stored.state, "pending");
    EXPECT_EQ(stored.execution, "executing");
    EXPECT_EQ(stored.caller_key, "token:tok_a");
    EXPECT_EQ(stored.binding, "b1");
    EXPECT_EQ(stored.created_at, at(100));
    EXPECT_EQ(stored.expires_at, at(200));
    EXPECT_EQ(stored.lease_until, at(150));
    EXPECT_EQ(stored.outcome_expires_at, at(300));
    EXPECT_EQ(stored.document, full.document);
    EXPECT_EQ(stored.sealed_call, full.sealed_call);
    EXPECT_EQ(stored.sealed_outcome, "outcome");
    EXPECT_EQ(*approvals.find("apr_2"), std::nullopt);
}

TEST_P(ApprovalTableTest, OneCallerHasOnePendingRowForACall) {
    ASSERT_TRUE(approvals.insert(row("apr_1")));
    EXPECT_EQ(code_of(approvals.insert(row("apr_2"))), Errc::already_exists);
    ASSERT_TRUE(approvals.insert(row("apr_3", "b2")));
    ASSERT_EQ((*approvals.find_pending("token:tok_a", "b1"))->id, "apr_1");
    EXPECT_EQ(*approvals.find_pending("token:tok_b", "b1"), std::nullopt);

    ApprovalRow decided = row("apr_1");
    decided.state = "denied";
    ASSERT_TRUE(approvals.update(decided));
    EXPECT_EQ(*approvals.find_pending("token:tok_a", "b1"), std::nullopt);
    EXPECT_TRUE(approvals.insert(row("apr_2"))) << "a decided one no longer stands in the way";
}

TEST_P(ApprovalTableTest, UpdateComparesTheRevision) {
    ASSERT_TRUE(approvals.insert(row("apr_1")));
    ApprovalRow change = row("apr_1");
    change.state = "approved";
    change.execution = "waiting";
    change.expires_at = at(201);
    change.document = "{}";
    tables.touched().clear();
    ASSERT_TRUE(approvals.update(change));
    EXPECT_TRUE(touched(Topic::approvals));
    EXPECT_EQ((*approvals.find("apr_1"))->revision, 2);
    EXPECT_EQ((*approvals.find("apr_1"))->state, "approved");
    EXPECT_EQ((*approvals.find("apr_1"))->document, "{}");

    change.state = "denied";
    EXPECT_EQ(code_of(approvals.update(change)), Errc::conflict);
    EXPECT_EQ((*approvals.find("apr_1"))->state, "approved");
    EXPECT_EQ(code_of(approvals.update(row("apr_9"))), Errc::not_found);
    EXPECT_FALSE(touched(Topic::approvals));
}

TEST_P(ApprovalTableTest, ListsByStateAndCallerNewestFirstInPages) {
    for (int i = 1; i <= 5; ++i) {
        ApprovalRow each = row("apr_" + std::to_string(i), "b" + std::to_string(i));
        if (i == 2) each.state = "denied";
        if (i == 4) each.caller_key = "token:tok_b";
        ASSERT_TRUE(approvals.insert(each));
    }
    EXPECT_THAT(ids(approvals.list("", "", 10)),
                ElementsAre("apr_5", "apr_4", "apr_3", "apr_2", "apr_1"));
    EXPECT_THAT(ids(approvals.list("pending", "", 2)), ElementsAre("apr_5", "apr_4"));
    EXPECT_THAT(ids(approvals.list("pending", "", 2, "apr_4")), ElementsAre("apr_3", "apr_1"));
    EXPECT_THAT(ids(approvals.list("", "token:tok_b", 10)), ElementsAre("apr_4"));
    EXPECT_THAT(ids(approvals.list("expired", "", 10)), IsEmpty());
    EXPECT_EQ(*approvals.count_pending(), 4U);
}

TEST_P(ApprovalTableTest, CountsWhatIsPendingInAllAndOfEachCaller) {
    for (int i = 1; i <= 5; ++i) {
        ApprovalRow each = row("apr_" + std::to_string(i), "b" + std::to_string(i));
        if (i == 4) each.caller_key = "token:tok_b";
        if (i == 5) each.state = "denied";
        ASSERT_TRUE(approvals.insert(each));
    }
    EXPECT_EQ(*approvals.count_pending(), 4U);
    EXPECT_EQ(*approvals.count_pending("token:tok_a"), 3U);
    EXPECT_EQ(*approvals.count_pending("token:tok_b"), 1U);
    EXPECT_EQ(*approvals.count_pending("token:tok_c"), 0U);
    for (const char* id : {"apr_1", "apr_2", "apr_3", "apr_4"}) {
        ApprovalRow decided = **approvals.find(id);
        decided.state = "approved";
        decided.execution = "waiting";
        ASSERT_TRUE(approvals.update(decided));
        decided = **approvals.find(id);
        decided.execution = "executing";
        ASSERT_TRUE(approvals.update(decided));
    }
    EXPECT_EQ(*approvals.count_pending(), 0U);
    EXPECT_EQ(*approvals.count_pending("token:tok_a"), 0U);
    ASSERT_TRUE(approvals.insert(row("apr_6", "b6")));
    EXPECT_EQ(*approvals.count_pending("token:tok_a"), 1U);
}

TEST_P(ApprovalTableTest, TellsWhichMoved) {
    const ApprovalMoves first = *approvals.moved_since(kMovesUnknown);
    EXPECT_TRUE(first.incomplete);
    for (const char* id : {"apr_1", "apr_2"}) ASSERT_TRUE(approvals.insert(row(id, id)));
    EXPECT_THAT(approvals.moved_since(first.newest)->approvals, IsEmpty());

    ApprovalRow moved = **approvals.find("apr_2");
    moved.document = "{}";
    ASSERT_TRUE(approvals.update(moved));  // a vote, or a lease renewed
    EXPECT_THAT(approvals.moved_since(first.newest)->approvals, IsEmpty());
    moved = **approvals.find("apr_2");
    moved.state = "approved";
    moved.execution = "waiting";
    ASSERT_TRUE(approvals.update(moved));
    const ApprovalMoves second = *approvals.moved_since(first.newest);
    EXPECT_FALSE(second.incomplete);
    EXPECT_THAT(second.approvals, ElementsAre("apr_2"));
    EXPECT_THAT(approvals.moved_since(second.newest)->approvals, IsEmpty());

    // Of a store that was put back to an earlier copy nothing is known.
    EXPECT_TRUE(approvals.moved_since(second.newest + 5)->incomplete);
}

TEST_P(ApprovalTableTest, OnlySoManyMovesAreKept) {
    const std::int64_t begin = approvals.moved_since(kMovesUnknown)->newest;
    ASSERT_TRUE(approvals.insert(row("apr_1")));
    ApprovalRow moving = row("apr_1");
    ASSERT_TRUE(connection->begin_write());  // ten thousand commits take their time
    for (int i = 0; i < 10'050; ++i) {
        moving.state = i % 2 == 0 ? "approved" : "denied";
        ASSERT_TRUE(approvals.update(moving));
        ++moving.revision;
    }
    ASSERT_TRUE(connection->commit());
    EXPECT_TRUE(approvals.moved_since(begin)->incomplete);
    const ApprovalMoves late = *approvals.moved_since(begin + 10'000);
    EXPECT_FALSE(late.incomplete);
    EXPECT_EQ(late.approvals.size(), 50U);
}

TEST_P(ApprovalTableTest, FindsWhatExpiresFirst) {
    for (int i = 1; i <= 4; ++i) {
        ApprovalRow each = row("apr_" + std::to_string(i), "b" + std::to_string(i));
        each.expires_at = at(200 - i);
        if (i == 3) each.state = "approved";
        ASSERT_TRUE(approvals.insert(each));
    }
    EXPECT_THAT(ids(approvals.due_for_expiry(at(198), 10)), ElementsAre("apr_4", "apr_2"));
    EXPECT_THAT(ids(approvals.due_for_expiry(at(198), 1)), ElementsAre("apr_4"));
    EXPECT_THAT(ids(approvals.due_for_expiry(at(195), 10)), IsEmpty());
}

TEST_P(ApprovalTableTest, FindsWhatIsToBeExecuted) {
    const auto insert = [&](const char* id, const char* state, const char* execution,
                            std::optional<TimePoint> lease) {
        ApprovalRow each = row(id, id);
        each.state = state;
        each.execution = execution;
        each.lease_until = lease;
        ASSERT_TRUE(approvals.insert(each));
    };
    insert("apr_1", "approved", "waiting", {});
    insert("apr_2", "approved", "executing", at(500));
    insert("apr_3", "approved", "executing", at(100));
    insert("apr_4", "approved", "done", {});
    insert("apr_5", "pending", "", {});
    EXPECT_THAT(ids(approvals.to_execute(at(400), 10)), ElementsAre("apr_1", "apr_3"));
    EXPECT_THAT(ids(approvals.to_execute(at(500), 10)), ElementsAre("apr_1", "apr_2", "apr_3"));
    EXPECT_THAT(ids(approvals.to_execute(at(500), 1)), ElementsAre("apr_1"));
}

TEST_P(ApprovalTableTest, PurgesSealedBytesWhoseTimeIsUp) {
    for (const int i : {1, 2}) {
        ApprovalRow each = row("apr_" + std::to_string(i), "b" + std::to_string(i));
        each.outcome_expires_at = at(100 * i);
        each.sealed_outcome = "outcome";
        ASSERT_TRUE(approvals.insert(each));
    }
    tables.touched().clear();
    EXPECT_EQ(*approvals.purge_outcomes(at(150)), 1U);
    EXPECT_TRUE(touched(Topic::approvals));
    EXPECT_EQ((*approvals.find("apr_1"))->sealed_outcome, "");
    EXPECT_EQ((*approvals.find("apr_1"))->sealed_call, "");
    EXPECT_EQ((*approvals.find("apr_1"))->revision, 2) << "nobody overwrites it unknowingly";
    EXPECT_EQ((*approvals.find("apr_2"))->sealed_outcome, "outcome");
    EXPECT_EQ(*approvals.purge_outcomes(at(150)), 0U);
    EXPECT_FALSE(touched(Topic::approvals));
}

KIMBAP_FOR_EACH_DATABASE(ApprovalTableTest);

}  // namespace
}  // namespace kimbap::store::sql
