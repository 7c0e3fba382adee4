#include "approval/event.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::approval {
namespace {

Approval sample() {
    Approval approval;
    approval.id = "apr_1";
    approval.caller = {"support-bot", "tok_1", {"support"}, "claude-code"};
    approval.action = "stripe.create-refund";
    approval.risk = "high";
    approval.parameters = {{"amount", 9900}};
    approval.rule = "refunds-need-a-human";
    approval.created_at = *parse_time("2026-11-23T12:00:00Z");
    approval.expires_at = *parse_time("2026-11-23T12:30:00Z");
    approval.channels = {"a", "b"};
    return approval;
}

TEST(Event, IsTheContractsJson) {
    const std::string body =
        event_body(kRequestedType, sample(), *parse_time("2026-11-23T12:00:01Z"));
    EXPECT_EQ(body,
              R"({"type":"approval.requested","timestamp":"2026-11-23T12:00:01.000000Z","data":)"
              R"({"id":"apr_1","state":"pending","caller":{"agent":"support-bot","token":"tok_1",)"
              R"("roles":["support"],"client":"claude-code"},"action":"stripe.create-refund",)"
              R"("risk":"high","parameters":{"amount":9900},"rule":"refunds-need-a-human",)"
              R"("created_at":"2026-11-23T12:00:00.000000Z",)"
              R"("expires_at":"2026-11-23T12:30:00.000000Z"}})");
}

TEST(Event, TellsWhoDecidedAndWhy) {
    Approval approval = sample();
    approval.standing.state = State::denied;
    approval.standing.votes = {{"alice", Verdict::approve, "fine", {}},
                               {"bob", Verdict::deny, "too much", {}}};
    approval.standing.decided_at = approval.created_at;
    const auto body = parse_json(event_body("approval.denied", approval, {})).value();
    const json::object& data = body.at("data").as_object();
    EXPECT_EQ(data.at("state"), "denied");
    EXPECT_EQ(data.at("operators"), json::array{"bob"});
    EXPECT_EQ(data.at("reason"), "too much");
}

TEST(Event, OneRowAChannel) {
    const auto rows = outbox_rows(kRequestedType, sample(), {});
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].channel, "a");
    EXPECT_EQ(rows[1].channel, "b");
    EXPECT_NE(rows[0].id, rows[1].id);
    EXPECT_EQ(rows[0].state, "pending");
    EXPECT_EQ(rows[0].approval_id, "apr_1");
}

TEST(Event, Types) {
    EXPECT_EQ(event_type(Effect::approved), "approval.approved");
    EXPECT_EQ(event_type(Effect::denied), "approval.denied");
    EXPECT_EQ(event_type(Effect::expired), "approval.expired");
    EXPECT_EQ(event_type(Effect::withdrawn), "approval.withdrawn");
    for (const Effect silent : {Effect::none, Effect::voted, Effect::claimed, Effect::renewed,
                                Effect::requeued, Effect::lost, Effect::finished}) {
        EXPECT_EQ(event_type(silent), "");
    }
}

}  // namespace
}  // namespace kimbap::approval
