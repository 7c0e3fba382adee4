#include "approval/wait_hub.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/detached.hpp>
#include <thread>

#include "store/change_board.hpp"
#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

class Waiting : public ApprovalTest {
protected:
    /// Starts a wait on `context`; its result is in `results` when it is over.
    void start(asio::io_context& context, ApprovalManager& manager, const std::string& id,
               Until until, SteadyClock::time_point deadline, async::CancelToken cancel = {}) {
        asio::co_spawn(context, manager.wait(id, until, deadline, std::move(cancel)),
                       [this](std::exception_ptr thrown, Result<Approval> result) {
                           const std::lock_guard lock(mutex_);
                           if (!thrown) results_.push_back(std::move(result));
                       });
    }
    std::mutex mutex_;
    std::vector<Result<Approval>> results_;
};

TEST_F(Waiting, EndsAtOnceWhereItIsDecided) {
    const Approval waiting = approved();
    const auto seen = run(manager_.wait(waiting.id, Until::decided, SteadyClock::now() + 10min));
    EXPECT_EQ(seen->state(), State::approved);
    EXPECT_EQ(
        run(manager_.wait("apr_none", Until::decided, SteadyClock::now() + 10min)).error().code,
        Errc::not_found);
}

TEST_F(Waiting, TellsWhetherAnybodyDoes) {
    const Approval pending = requested();
    EXPECT_FALSE(manager_.awaited(pending.id));
    asio::io_context context;
    async::CancelSource one;
    async::CancelSource other;
    for (const async::CancelSource& source : {one, other}) {
        start(context, manager_, pending.id, Until::decided, SteadyClock::now() + 1min,
              source.token());
    }
    const auto run_until = [&](std::size_t ended) {
        while (results_.size() < ended) context.run_one_for(10ms);
    };
    while (!manager_.awaited(pending.id)) context.run_one_for(10ms);
    one.cancel();
    run_until(1);
    EXPECT_TRUE(manager_.awaited(pending.id));
    other.cancel();
    run_until(2);
    EXPECT_FALSE(manager_.awaited(pending.id));
    workers_.wait_idle();  // they may still hold the context
}

TEST_F(Waiting, GivesHowItStandsAtTheDeadline) {
    const Approval pending = requested();
    const auto begin = SteadyClock::now();
    const auto seen = run(manager_.wait(pending.id, Until::decided, begin + 80ms));
    EXPECT_EQ(seen->state(), State::pending);
    EXPECT_GE(SteadyClock::now() - begin, 80ms);
    EXPECT_EQ(run(manager_.wait(pending.id, Until::decided, begin))->state(), State::pending);
}

TEST_F(Waiting, EndsAtTheInstantOfExpiryThoughNobodyLooksAfterApprovals) {
    const SystemClock clock;
    ApprovalManager manager(*fixture_.store, sealer_, clock, workers_, options());
    SuspendedCall call = refund();
    call.spec.expires = 200ms;
    const Approval pending = run(manager.request(call)).value().approval;
    asio::io_context context;
    for (int i = 0; i < 20; ++i) {
        start(context, manager, pending.id, i % 2 == 0 ? Until::decided : Until::final,
              SteadyClock::now() + 1min);
    }
    const auto began = SteadyClock::now();
    while (results_.size() < 20) context.run_one_for(10ms);
    EXPECT_LT(SteadyClock::now() - began, 20s);
    for (const Result<Approval>& one : results_) EXPECT_EQ(one->state(), State::expired);
    EXPECT_GE(clock.now(), pending.expires_at);
    workers_.wait_idle();
    EXPECT_EQ(trail(), (Strings{"approval.requested pending", "approval.decided expired"}));
    EXPECT_EQ(outbox(pending.id).size(), 2U);
}

TEST_F(Waiting, ManyWakeOnADecisionInThisOrAnotherProcess) {
    const auto other = another();
    for (ApprovalManager* decider : {&manager_, other.get()}) {
        results_.clear();
        const Approval pending = requested();
        asio::io_context one;
        asio::io_context two;
        const auto deadline = SteadyClock::now() + 1min;
        for (int i = 0; i < 20; ++i) {
            start(i % 2 == 0 ? one : two, manager_, pending.id, Until::decided, deadline);
        }
        std::thread first([&] { one.run(); });
        std::thread second([&] { two.run(); });
        ASSERT_TRUE(decider->decide_blocking(pending.id, by("alice"), Verdict::deny, ""));
        first.join();
        second.join();
        EXPECT_EQ(results_.size(), 20U);
        for (const auto& result : results_) EXPECT_EQ(result->state(), State::denied);
        EXPECT_LT(SteadyClock::now(), deadline - 30s);
    }
}

TEST_F(Waiting, UntilFinalOutlastsTheDecision) {
    const Approval pending = requested();
    asio::io_context context;
    start(context, manager_, pending.id, Until::final, SteadyClock::now() + 1min);
    std::thread waiter([&] { context.run(); });
    ASSERT_TRUE(manager_.decide_blocking(pending.id, by("alice"), Verdict::approve, ""));
    const auto call = run(manager_.claim(pending.id));
    ASSERT_TRUE(call);
    EXPECT_TRUE(results_.empty());
    ASSERT_TRUE(run(manager_.finish(*call, false, "{}")));
    waiter.join();
    ASSERT_EQ(results_.size(), 1U);
    EXPECT_EQ(results_[0]->execution(), Execution::failed);
}

TEST_F(Waiting, CancellingEndsIt) {
    const Approval pending = requested();
    asio::io_context context;
    async::CancelSource source;
    start(context, manager_, pending.id, Until::decided, SteadyClock::now() + 1min, source.token());
    start(context, manager_, pending.id, Until::decided, SteadyClock::now() + 200ms);
    asio::steady_timer timer(context, 50ms);
    timer.async_wait([&](boost::system::error_code) { source.cancel(); });
    context.run();
    ASSERT_EQ(results_.size(), 2U);
    // The leader left: the other waited on, to its own deadline.
    EXPECT_EQ(results_[0].error().code, Errc::cancelled);
    EXPECT_EQ(results_[1]->state(), State::pending);
}

TEST_F(Waiting, RemindersComeWhileItWaits) {
    const Approval pending = requested();
    async::CancelSource source;
    int reminded = 0;
    const Reminder reminder{5ms, [&] {
                                if (++reminded == 3) source.cancel();
                            }};
    const auto seen = run(manager_.wait(pending.id, Until::decided, SteadyClock::now() + 1min,
                                        source.token(), reminder));
    EXPECT_EQ(seen.error().code, Errc::cancelled);
    EXPECT_EQ(reminded, 3);
}

/// A board that a test turns.
class FakeBoard final : public store::ChangeBoard {
public:
    std::uint64_t version(store::Topic) const noexcept override { return turned; }
    std::atomic<std::uint64_t> turned = 0;
};

TEST(WaitHub, WakesWhoWaitsForWhatMovedAndReadsOnceForAll) {
    FakeBoard board;
    int reads = 0;
    const auto hub = std::make_shared<WaitHub>(
        board, [&](std::int64_t since) -> Task<Result<store::ApprovalMoves>> {
            ++reads;
            store::ApprovalMoves moves{since + 1, {"apr_7", "apr_unknown"}, since < 0};
            co_return moves;
        });
    asio::io_context context;
    std::vector<std::string> woken;
    int seated = 0;
    const auto wait = [&](std::string id) -> Task<void> {
        WaitHub::Waiter waiter(hub, context.get_executor(), id);
        const async::CancelToken never;
        // The first look can't tell what moved before it: who is there by then is woken.
        Task<bool> first = waiter.moved(SteadyClock::now() + 50ms, never);
        static_cast<void>(co_await std::move(first));
        if (++seated == 100) board.turned = 2;
        Task<bool> second = waiter.moved(SteadyClock::now() + 1min, never);
        if (co_await std::move(second)) woken.push_back(id);
        context.stop();
    };
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(context, wait("apr_" + std::to_string(i)), asio::detached);
    }
    context.run();
    EXPECT_EQ(woken, std::vector<std::string>{"apr_7"});
    EXPECT_EQ(reads, 2);
}

TEST(WaitHub, AReadThatFailsIsTriedAgain) {
    FakeBoard board;
    int reads = 0;
    const auto hub =
        std::make_shared<WaitHub>(board, [&](std::int64_t) -> Task<Result<store::ApprovalMoves>> {
            if (++reads < 3) co_return make_error(Errc::storage_failure, "locked");
            co_return store::ApprovalMoves{1, {}, true};
        });
    asio::io_context context;
    bool woken = false;
    const auto wait = [&]() -> Task<void> {
        WaitHub::Waiter waiter(hub, context.get_executor(), "apr_1");
        const async::CancelToken never;
        Task<bool> moving = waiter.moved(SteadyClock::now() + 10s, never);
        woken = co_await std::move(moving);
    };
    asio::co_spawn(context, wait(), asio::detached);
    context.run();
    EXPECT_TRUE(woken);
    EXPECT_EQ(reads, 3);
}

TEST_F(Waiting, TheLeadIsHandedOn) {
    const Approval first = requested(refund("b1"));
    const Approval second = requested(refund("b2"));
    asio::io_context context;
    start(context, manager_, first.id, Until::decided, SteadyClock::now() + 1min);
    start(context, manager_, second.id, Until::decided, SteadyClock::now() + 1min);
    std::thread waiter([&] { context.run(); });
    const auto other = another();  // so that nobody pokes the hub
    ASSERT_TRUE(other->decide_blocking(first.id, by("alice"), Verdict::deny, ""));
    ASSERT_TRUE(other->decide_blocking(second.id, by("alice"), Verdict::deny, ""));
    waiter.join();
    EXPECT_EQ(results_.size(), 2U);
}

TEST_F(Waiting, AbandonedWaitersLeaveTheHub) {
    const Approval pending = requested();
    {
        asio::io_context context;
        int reminded = 0;  // who is reminded twice is idle: nothing of it is with a worker
        const Reminder reminder{5ms, [&] { ++reminded; }};
        for (int i = 0; i < 3; ++i) {
            asio::co_spawn(
                context,
                manager_.wait(pending.id, Until::decided, SteadyClock::now() + 1min, {}, reminder),
                asio::detached);
        }
        while (reminded < 30) context.run_one();
    }  // destroyed with its waiters, one of which led
    const auto seen = run(manager_.wait(pending.id, Until::decided, SteadyClock::now() + 60ms));
    EXPECT_EQ(seen->state(), State::pending);
}

}  // namespace
}  // namespace kimbap::approval
