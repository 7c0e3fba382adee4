#include "app/gateway_tasks.hpp"

#include <gtest/gtest.h>

namespace kimbap::app {
namespace {

using namespace std::chrono_literals;
using approval::Approval;
using approval::Execution;
using approval::State;
using mcp::TaskStatus;

const TimePoint kStart = from_unix_micros(1'800'000'000'000'000);

Approval standing(State state, Execution execution = Execution::none, bool stopping = false) {
    Approval out;
    out.id = "apr_1";
    out.rule = "refunds";
    out.created_at = kStart;
    out.expires_at = kStart + 30min;
    out.standing.state = state;
    out.standing.execution = execution;
    out.standing.stopping = stopping;
    if (state != State::pending) out.standing.decided_at = kStart + 1min;
    if (execution >= Execution::done) out.standing.finished_at = kStart + 2min;
    return out;
}

mcp::TaskState task(const Approval& approval) {
    return task_of(approval, 24h, kStart + 3min).value();
}

TEST(GatewayTasks, EveryStandingIsATaskStatus) {
    struct Case {
        State state;
        Execution execution;
        bool stopping;
        TaskStatus status;
        bool is_error = false;
    };
    const Case cases[] = {
        {State::pending, Execution::none, false, TaskStatus::working},
        {State::approved, Execution::waiting, false, TaskStatus::working},
        {State::approved, Execution::executing, false, TaskStatus::working},
        {State::approved, Execution::executing, true, TaskStatus::cancelled},
        {State::approved, Execution::done, false, TaskStatus::completed, false},
        {State::approved, Execution::failed, false, TaskStatus::completed, true},
        {State::approved, Execution::unknown, false, TaskStatus::completed, true},
        // Once cancelled it stays so, whatever became of the call.
        {State::approved, Execution::done, true, TaskStatus::cancelled},
        {State::denied, Execution::none, false, TaskStatus::completed, true},
        {State::expired, Execution::none, false, TaskStatus::completed, true},
        {State::withdrawn, Execution::none, false, TaskStatus::cancelled},
        {State::detached, Execution::executing, false, TaskStatus::working},
        {State::detached, Execution::done, false, TaskStatus::completed, false},
    };
    for (const Case& one : cases) {
        const mcp::TaskState got = task(standing(one.state, one.execution, one.stopping));
        SCOPED_TRACE(std::string(name(one.state)) + "/" + std::string(name(one.execution)));
        EXPECT_EQ(got.status, one.status);
        EXPECT_EQ(got.result.has_value(), one.status == TaskStatus::completed);
        if (got.result) {
            EXPECT_EQ(got.result->is_error, one.is_error);
        }
        EXPECT_EQ(got.poll_interval.has_value(), one.status == TaskStatus::working);
        EXPECT_EQ(got.id, "apr_1");
    }
}

TEST(GatewayTasks, TellsWhenAndHowLong) {
    const mcp::TaskState waits = task(standing(State::pending));
    EXPECT_EQ(waits.created_at, format_time(kStart));
    EXPECT_EQ(waits.updated_at, format_time(kStart));
    EXPECT_EQ(waits.ttl, 24h + 30min);
    EXPECT_NE(waits.status_message.find("refunds"), std::string::npos);
    const mcp::TaskState done = task(standing(State::approved, Execution::done));
    EXPECT_EQ(done.updated_at, format_time(kStart + 2min));
    EXPECT_EQ(done.ttl, 24h + 2min);
}

TEST(GatewayTasks, IsGoneWithItsOutcome) {
    const Approval done = standing(State::approved, Execution::done);
    EXPECT_TRUE(task_of(done, 24h, kStart + 24h + 2min - 1s));
    EXPECT_FALSE(task_of(done, 24h, kStart + 24h + 2min));
    EXPECT_FALSE(task_of(standing(State::denied), 24h, kStart + 25h));
    EXPECT_TRUE(task_of(standing(State::pending), 24h, kStart + 25h));
}

}  // namespace
}  // namespace kimbap::app
