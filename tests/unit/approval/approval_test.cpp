#include "approval/approval.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::approval {
namespace {

Approval sample() {
    Approval approval;
    approval.id = "apr_1";
    approval.revision = 3;
    approval.call = "call_1";
    approval.caller = {"support-bot", "tok_1", {"a", "b"}, "claude-code"};
    approval.caller_key = "token:tok_1";
    approval.owner = "olga";
    approval.action = "stripe.create-refund";
    approval.service = "stripe";
    approval.risk = "high";
    approval.idempotent = true;
    approval.parameters = {{"amount", 9900}, {"note", "a \"quoted\" one"}};
    approval.rule = "refunds";
    approval.policy = "digest";
    approval.binding = "bound";
    approval.required = 2;
    approval.channels = {"ops", "hook"};
    approval.approvers = {"finance", "cfo-*"};
    approval.token_proof = true;
    approval.created_at = from_unix_micros(1'800'000'000'123'456);
    approval.expires_at = approval.created_at + std::chrono::minutes(30);
    approval.standing.state = State::approved;
    approval.standing.execution = Execution::executing;
    approval.standing.votes = {
        {"alice", Verdict::approve, "fine", approval.created_at, "mail", Proof::link, "m1"}};
    approval.standing.claimer = "clm_1";
    approval.standing.lease_until = approval.created_at + std::chrono::minutes(1);
    approval.standing.decided_at = approval.created_at;
    return approval;
}

TEST(Approval, ReadsBackWhatItWrote) {
    const Approval before = sample();
    store::ApprovalRow row;
    row.sealed_call = "sealed";
    write_row(before, row);
    EXPECT_EQ(row.state, "approved");
    EXPECT_EQ(row.execution, "executing");
    EXPECT_EQ(row.sealed_call, "sealed");
    const Approval after = read_row(row).value();
    EXPECT_EQ(to_json(after), to_json(before));
    EXPECT_EQ(after.revision, before.revision);
    EXPECT_EQ(after.caller_key, before.caller_key);
    EXPECT_EQ(after.owner, before.owner);
    EXPECT_EQ(after.service, before.service);
    EXPECT_EQ(after.binding, before.binding);
    EXPECT_EQ(after.idempotent, before.idempotent);
    EXPECT_EQ(after.channels, before.channels);
    EXPECT_EQ(after.standing.claimer, before.standing.claimer);
    EXPECT_EQ(after.standing.lease_until, before.standing.lease_until);
    EXPECT_EQ(after.standing.votes[0].reason, "fine");
    EXPECT_EQ(after.standing.votes[0].channel, "mail");
    EXPECT_EQ(after.standing.votes[0].proof, Proof::link);
    EXPECT_EQ(after.standing.votes[0].link, "m1");
    EXPECT_EQ(after.approvers, before.approvers);
    EXPECT_EQ(after.token_proof, before.token_proof);
    EXPECT_EQ(to_json(after).at("votes").at(0).as_object().if_contains("link"), nullptr);
    EXPECT_EQ(after.standing.votes[0].at, before.standing.votes[0].at);
}

TEST(Approval, DamagedRowsAreCorrupt) {
    store::ApprovalRow good;
    write_row(sample(), good);
    const auto refused = [&](auto change) {
        store::ApprovalRow row = good;
        change(row);
        const auto read = read_row(row);
        return !read && read.error().code == Errc::corrupt;
    };
    EXPECT_TRUE(refused([](auto& row) { row.state = "maybe"; }));
    EXPECT_TRUE(refused([](auto& row) { row.execution = "running"; }));
    EXPECT_TRUE(refused([](auto& row) { row.document = "not JSON"; }));
    EXPECT_TRUE(refused([](auto& row) { row.document = "[]"; }));
    const json::object document = parse_json(good.document)->as_object();
    for (const auto& member : document) {
        json::object without = document;
        without.erase(member.key());
        const bool optional = member.key() == "decided_at" || member.key() == "finished_at";
        EXPECT_NE(refused([&](auto& row) { row.document = kimbap::to_json(json::value(without)); }),
                  optional)
            << member.key();
    }
}

TEST(Approval, ShowsNeitherCallerKeyNorClaimer) {
    const std::string shown = kimbap::to_json(json::value(to_json(sample())));
    EXPECT_EQ(shown.find("token:tok_1"), std::string::npos);
    EXPECT_EQ(shown.find("clm_1"), std::string::npos);
    EXPECT_NE(shown.find("\"execution\":\"executing\""), std::string::npos);
}

TEST(Approval, NeitherTheAgentNorTheTokensOwnerMayDecide) {
    const Terms terms = terms_of(sample());
    EXPECT_EQ(terms.requesters, (std::vector<std::string>{"support-bot", "olga"}));
    EXPECT_EQ(terms.required, 2);
    EXPECT_TRUE(terms.idempotent);
}

}  // namespace
}  // namespace kimbap::approval
