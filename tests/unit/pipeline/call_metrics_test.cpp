#include "pipeline/call_metrics.hpp"

#include <gmock/gmock.h>

namespace kimbap::pipeline {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;

std::string text_of(const CallMetrics& metrics) {
    std::string out;
    metrics.append_to(out);
    return out;
}

TEST(CallMetricsTest, BucketsAreCumulativeAndTakeTheirUpperBound) {
    CallMetrics metrics;
    metrics.record(Disposition::succeeded, microseconds{250});
    metrics.record(Disposition::succeeded, microseconds{251});
    metrics.record(Disposition::denied, microseconds{31'000'000});
    const std::string text = text_of(metrics);
    EXPECT_THAT(text, HasSubstr("duration_seconds_bucket{le=\"0.00025\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_bucket{le=\"0.0005\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_bucket{le=\"30\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_bucket{le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_count 3\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_sum 31.000501\n"));
}

TEST(CallMetricsTest, EveryOutcomeIsThereFromTheStart) {
    CallMetrics metrics;
    metrics.record(Disposition::cancelled, microseconds{-1});
    const std::string text = text_of(metrics);
    EXPECT_THAT(text, HasSubstr("kimbap_calls_total{outcome=\"succeeded\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("kimbap_calls_total{outcome=\"cancelled\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("duration_seconds_sum 0\n"));
}

}  // namespace
}  // namespace kimbap::pipeline
