#include "pipeline/resumption.hpp"

#include <gmock/gmock.h>

#include "pipeline/outcome.hpp"

namespace kimbap::pipeline {
namespace {

using ::testing::HasSubstr;

approval::Collected collected(approval::Execution execution, std::optional<std::string> outcome) {
    approval::Collected out;
    out.approval.id = "apr_1";
    out.approval.call = "call_1";
    out.approval.action = "shop.refund";
    out.approval.rule = "refunds";
    out.approval.standing.state = approval::State::approved;
    out.approval.standing.execution = execution;
    out.outcome = std::move(outcome);
    return out;
}

TEST(ResumptionTest, AStoredOutcomeIsTheResult) {
    CallResult stored;
    stored.call = "call_1";
    stored.disposition = Disposition::succeeded;
    stored.content = ContentKind::json;
    stored.body = R"({"ok":true})";
    const auto out = result_of(collected(approval::Execution::done, to_outcome(stored)));
    EXPECT_EQ(out.disposition, Disposition::succeeded);
    EXPECT_EQ(out.body, stored.body);
}

TEST(ResumptionTest, WhatCouldNotBeRunSaysWhy) {
    const std::string outcome = approval::error_outcome(make_error(Errc::corrupt, "it is damaged"));
    const auto out = result_of(collected(approval::Execution::failed, outcome));
    EXPECT_EQ(out.disposition, Disposition::failed);
    EXPECT_EQ(out.message, "The call (apr_1) failed: it is damaged. Tell an operator.");
    EXPECT_EQ(out.call, "call_1");
    EXPECT_EQ(out.action, "shop.refund");
    EXPECT_EQ(out.approval, "apr_1");
    EXPECT_EQ(out.rule, "refunds");
}

TEST(ResumptionTest, WhatRanIsNotToBeRepeated) {
    const std::string outcome = approval::error_outcome(make_error(Errc::too_large, "it is large"));
    const auto out = result_of(collected(approval::Execution::done, outcome));
    EXPECT_EQ(out.message,
              "The call (apr_1) ran and succeeded, but there is nothing to show: it is large. "
              "Don't repeat it.");
}

TEST(ResumptionTest, WhatIsNoLongerKeptSaysSo) {
    const auto out = result_of(collected(approval::Execution::failed, std::nullopt));
    EXPECT_THAT(out.message, HasSubstr("no longer kept"));
}

}  // namespace
}  // namespace kimbap::pipeline
