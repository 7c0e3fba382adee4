#include "approval/event_view.hpp"

#include <gmock/gmock.h>

#include "approval/shortened.hpp"
#include "unit/approval/notifiers/support.hpp"

namespace kimbap::approval {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string all_facts(const EventView& event) {
    std::string out;
    for (const Fact& fact : facts(event)) out += fact.label + "=" + fact.value + "\n";
    return out;
}

TEST(EventView, ShowsCallerActionRiskRuleAndExpiry) {
    const EventView event = view(sample_event());
    EXPECT_EQ(headline(event), "Approval needed: stripe.create-refund");
    EXPECT_EQ(all_facts(event),
              "Action=stripe.create-refund\nRisk=high\n"
              "Caller=support-bot with claude-code, token tok_1, roles support night\n"
              "Rule=refunds-need-a-human\nExpires=2026-11-23T12:30:00.000000Z\n"
              "Approval=apr_01m89yj8szmb5e6jcg5f01ftax\n");
    EXPECT_EQ(parameters_text(event, 1000), "{\n  \"amount\": 9900\n}");
}

TEST(EventView, ShowsHowItEnded) {
    const EventView event = view(ended_event("denied"));
    EXPECT_EQ(headline(event), "Denied: stripe.create-refund");
    EXPECT_THAT(all_facts(event), AllOf(HasSubstr("Decided by=alice\n"),
                                        HasSubstr("Reason=checked"), Not(HasSubstr("Expires"))));
}

TEST(EventView, RefusesWhatIsNoEvent) {
    for (const char* body : {"", "[]", "{}", R"({"type":"approval.requested","data":{}})",
                             R"({"type":7,"data":{"id":"apr_1"}})"}) {
        const auto read = read_event(body);
        ASSERT_FALSE(read) << body;
        EXPECT_EQ(read.error().code, Errc::unsupported);
    }
    EXPECT_TRUE(view(parse_json(test_event("ops", {}))->as_object()).is_test());
}

TEST(EventView, LongParametersAreCutWithTheirDigest) {
    const json::object parameters{{"text", std::string(5000, 'x')}};
    const std::string text = parameters_text(view(sample_event(parameters)), 1000);
    EXPECT_LE(text.size(), 1000U);
    EXPECT_THAT(text, AllOf(HasSubstr(parameters_digest(parameters)), HasSubstr("5011 bytes"),
                            HasSubstr("kimbap approval show apr_01m89yj8szmb5e6jcg5f01ftax")));
}

TEST(EventView, WhatTheEventShortenedSaysTheDigestOfAll) {
    json::object event = sample_event({{"text", "cut…"}});
    event["data"].as_object()["parameters_digest"] = "sha256:abc";
    event["data"].as_object()["parameters_bytes"] = 1048600;
    EXPECT_THAT(parameters_text(view(event), 1000),
                AllOf(HasSubstr("sha256:abc"), HasSubstr("1048600 bytes")));
}

}  // namespace
}  // namespace kimbap::approval
