#include "approval/outbox.hpp"

#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;

class FakeNotifier final : public Notifier {
public:
    explicit FakeNotifier(std::string name) : name_(std::move(name)) {}
    const std::string& name() const noexcept override { return name_; }
    Task<Delivery> deliver(const Notification& notification) override {
        seen.push_back(notification);
        while (hanging) {
            const asio::any_io_executor executor = co_await asio::this_coro::executor;
            asio::steady_timer timer(executor, 5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return answer();
    }
    bool updates_messages() const noexcept override { return updates; }
    std::function<Delivery()> answer = [] { return Delivery(); };
    bool hanging = false;
    bool updates = false;
    std::vector<Notification> seen;

private:
    std::string name_;
};

class OutboxTest : public ApprovalTest {
protected:
    /// So long that none lapses and that no wait between attempts is mistaken for one.
    static constexpr std::chrono::hours kLease{1'000};

    void SetUp() override {
        for (const char* name : {"ops", "hook"}) {
            auto notifier = std::make_unique<FakeNotifier>(name);
            (std::string(name) == "ops" ? ops_ : hook_) = notifier.get();
            notifiers_.push_back(std::move(notifier));
        }
    }
    void deliver_until(const std::function<bool()>& done) {
        asio::io_context context;
        async::CancelSource stop;
        OutboxOptions options;
        options.poll = 10ms;
        options.idle = 100ms;
        options.lease = kLease;
        if (!outbox_) {
            outbox_ = std::make_unique<Outbox>(*fixture_.store, clock_, workers_,
                                               std::move(notifiers_), options);
        }
        asio::co_spawn(context, outbox_->run(stop.token()), [](std::exception_ptr) {});
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!done() && std::chrono::steady_clock::now() < deadline) context.run_one_for(10ms);
        EXPECT_TRUE(done());
        asio::post(context, [&] { stop.cancel(); });
        context.run();
    }
    std::string pending(const std::vector<std::string>& channels) {
        SuspendedCall call = refund(new_id("b"));
        call.spec.channels = channels;
        return requested(call).id;
    }
    store::OutboxRow row(const std::string& id, std::size_t i = 0) { return outbox(id).at(i); }
    /// Nothing is due and nothing under way: whatever the clock is set to, no delivery is cut short
    /// by it, however slow the machine.
    bool at_rest(const std::vector<std::string>& ids) {
        const TimePoint now = clock_.now();
        return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
            const auto rows = outbox(id);
            return std::all_of(rows.begin(), rows.end(), [&](const store::OutboxRow& one) {
                return one.state != "pending" ||
                       (one.next_attempt_at > now && one.next_attempt_at < now + kLease / 2);
            });
        });
    }
    bool state_is(const std::string& id, std::string_view state) {
        const auto rows = outbox(id);
        return std::all_of(rows.begin(), rows.end(),
                           [&](const auto& one) { return one.state == state; });
    }

    std::vector<std::unique_ptr<Notifier>> notifiers_;
    FakeNotifier* ops_ = nullptr;
    FakeNotifier* hook_ = nullptr;
    std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, DeliversToEachChannel) {
    const std::string id = pending({"ops", "hook"});
    deliver_until([&] { return state_is(id, "delivered"); });
    ASSERT_EQ(ops_->seen.size(), 1U);
    ASSERT_EQ(hook_->seen.size(), 1U);
    for (const store::OutboxRow& sent : outbox(id)) {
        const Notification& seen = (sent.channel == "ops" ? ops_ : hook_)->seen[0];
        EXPECT_EQ(seen.approval_id, id);
        EXPECT_EQ(seen.id, sent.id);
        EXPECT_EQ(seen.body, sent.body);
        EXPECT_EQ(sent.attempts, 1);
    }
}

TEST_F(OutboxTest, NoticesNewRowsWhileItRuns) {
    std::string id;
    deliver_until([&] {
        if (id.empty()) id = pending({"ops"});
        return state_is(id, "delivered");
    });
}

TEST_F(OutboxTest, ALastTimeItTriesWhatIsDueOnce) {
    const std::string fine = pending({"ops"});
    const std::string failing = pending({"hook"});
    hook_->answer = [] { return Delivery(make_error(Errc::unavailable, "down")); };
    Outbox outbox(*fixture_.store, clock_, workers_, std::move(notifiers_));
    async::CancelSource last;
    last.cancel();
    const auto to_its_end = [&]() -> Task<bool> {
        Task<void> running = outbox.run({}, last.token());
        co_await std::move(running);
        co_return true;
    };
    EXPECT_TRUE(run(to_its_end()));
    EXPECT_TRUE(state_is(fine, "delivered"));
    EXPECT_EQ(row(failing).attempts, 1);
    EXPECT_EQ(row(failing).state, "pending");
    EXPECT_TRUE(run(to_its_end()));  // nothing is due any more
    EXPECT_EQ(hook_->seen.size(), 1U);
}

TEST_F(OutboxTest, TriesAgainWithTheSameIdAfterAWait) {
    const std::string id = pending({"ops"});
    ops_->answer = [] {
        return Delivery(make_error(Errc::unavailable, "the webhook answered 500"));
    };
    deliver_until([&] { return row(id).attempts == 1; });
    EXPECT_EQ(row(id).state, "pending");
    EXPECT_EQ(row(id).last_error, "the webhook answered 500");
    EXPECT_GE(row(id).next_attempt_at, clock_.now() + 500ms);
    EXPECT_LE(row(id).next_attempt_at, clock_.now() + 1s);
    EXPECT_EQ(ops_->seen.size(), 1U);
    ops_->answer = [] { return Delivery(); };
    deliver_until([&] {
        clock_.advance(100ms);
        return state_is(id, "delivered");
    });
    ASSERT_EQ(ops_->seen.size(), 2U);
    EXPECT_EQ(ops_->seen[0].id, ops_->seen[1].id);
    EXPECT_EQ(row(id).last_error, "");
}

TEST_F(OutboxTest, GivesUpInTheEnd) {
    const std::string id = pending({"ops"});
    ops_->answer = [] { return Delivery(make_error(Errc::unavailable, "down")); };
    const TimePoint begin = clock_.now();
    deliver_until([&] {
        // On to the next attempt as soon as the last one is recorded.
        const store::OutboxRow now = row(id);
        if (now.state == "pending" && at_rest({id})) clock_.set(row(id).next_attempt_at);
        return now.state == "dead";
    });
    EXPECT_GT(row(id).attempts, 20);
    EXPECT_EQ(row(id).attempts, std::ssize(ops_->seen));
    EXPECT_GE(clock_.now() - begin, 20h);
    EXPECT_LE(clock_.now() - begin, 25h);
}

TEST_F(OutboxTest, OldEventsAreGivenUp) {
    const std::string id = pending({"ops"});
    ops_->answer = [] { return Delivery(make_error(Errc::unavailable, "down")); };
    clock_.advance(24h);
    deliver_until([&] { return state_is(id, "dead"); });
    EXPECT_EQ(row(id).attempts, 1);
}

TEST_F(OutboxTest, RefusedForGoodIsDead) {
    const std::string gone = pending({"ops"});
    ops_->answer = [] { return Delivery(make_error(Errc::unsupported, "gone")); };
    deliver_until([&] { return state_is(gone, "dead"); });
    EXPECT_EQ(ops_->seen.size(), 1U);
}

TEST_F(OutboxTest, AChannelThatThisProcessDoesNotHaveIsLeftToOthersAtFirst) {
    const std::string unknown = pending({"elsewhere"});
    clock_.advance(59min);
    const std::string known = pending({"ops"});
    deliver_until([&] { return state_is(known, "delivered"); });
    EXPECT_EQ(row(unknown).state, "pending");
    EXPECT_EQ(row(unknown).attempts, 0);
    clock_.advance(2min);
    deliver_until([&] { return state_is(unknown, "dead"); });
    EXPECT_NE(row(unknown).last_error.find("elsewhere"), std::string::npos);
}

TEST_F(OutboxTest, ASlowChannelHoldsUpNoOther) {
    ops_->hanging = true;
    const std::string slow = pending({"ops"});
    const std::string quick = pending({"hook"});
    deliver_until([&] {
        if (state_is(quick, "delivered")) ops_->hanging = false;
        return state_is(slow, "delivered");
    });
}

TEST_F(OutboxTest, WhatANotifierThrowsIsAFailedAttempt) {
    const std::string id = pending({"ops"});
    ops_->answer = []() -> Delivery { throw std::runtime_error("a bug"); };
    deliver_until([&] { return row(id).attempts == 1; });
    EXPECT_EQ(row(id).state, "pending");
}

TEST_F(OutboxTest, ACrashedDeliveryFallsDueAgain) {
    const std::string id = pending({"ops"});
    // Another process claimed it and died.
    ASSERT_TRUE(store::write_blocking(*fixture_.store, [&](store::Transaction& t) -> Result<void> {
        const auto claimed = t.outbox().claim_due("ops", clock_.now(), clock_.now() + 60s, 10);
        if (!claimed) return claimed.error();
        return {};
    }));
    int looks = 0;
    deliver_until([&] { return ++looks > 10; });
    EXPECT_TRUE(ops_->seen.empty());
    clock_.advance(60s);
    deliver_until([&] { return state_is(id, "delivered"); });
    EXPECT_EQ(ops_->seen.size(), 1U);
}

TEST_F(OutboxTest, ManyHangingDeliveriesHoldUpNoOtherChannel) {
    ops_->hanging = true;
    std::vector<std::string> slow;
    for (int i = 0; i < 20; ++i) slow.push_back(pending({"ops"}));
    const std::string quick = pending({"hook"});
    std::size_t under_way = 0;
    deliver_until([&] {
        if (!state_is(quick, "delivered")) return false;
        under_way = ops_->seen.size();
        ops_->hanging = false;
        return true;
    });
    EXPECT_LE(under_way, ops_->max_concurrent());
    deliver_until([&] {
        return std::all_of(slow.begin(), slow.end(),
                           [&](const auto& id) { return state_is(id, "delivered"); });
    });
    EXPECT_EQ(ops_->seen.size(), 20U);
}

TEST_F(OutboxTest, AChannelDownForAnHourLosesNothing) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(pending({"ops", "hook"}));
    ops_->answer = [] { return Delivery(make_error(Errc::unavailable, "refused")); };
    const TimePoint back = clock_.now() + 1h;
    deliver_until([&] {
        if (!at_rest(ids)) return false;
        if (clock_.now() >= back) return true;
        clock_.advance(5s);
        return false;
    });
    EXPECT_EQ(hook_->seen.size(), 5U);
    for (const std::string& id : ids) EXPECT_EQ(outbox(id)[0].state, "pending");
    // Not hammered meanwhile: waits double.
    EXPECT_LE(ops_->seen.size(), 5U * 14U);
    ops_->answer = [] { return Delivery(); };
    deliver_until([&] {
        if (at_rest(ids)) clock_.advance(1min);
        return std::all_of(ids.begin(), ids.end(),
                           [&](const auto& id) { return state_is(id, "delivered"); });
    });
    EXPECT_LE(clock_.now() - back, 2h);
}

TEST_F(OutboxTest, ARateLimitIsHeldToForTheWholeChannel) {
    const std::string first = pending({"ops"});
    ops_->answer = [] {
        Delivery delivery(make_error(Errc::rate_limited, "slow down"));
        delivery.retry_after = 30s;
        return delivery;
    };
    deliver_until([&] { return row(first).attempts == 1; });
    EXPECT_GE(row(first).next_attempt_at, clock_.now() + 30s);
    EXPECT_LE(row(first).next_attempt_at, clock_.now() + 31s);
    ops_->answer = [] { return Delivery(); };
}

TEST_F(OutboxTest, WhatComesDuringAPauseWaitsForItsEnd) {
    const std::string first = pending({"ops"});
    ops_->answer = [] {
        Delivery delivery(make_error(Errc::rate_limited, "slow down"));
        delivery.retry_after = 30s;
        return delivery;
    };
    std::string second;
    int looks = 0;
    deliver_until([&] {
        if (second.empty() && row(first).attempts == 1) {
            ops_->answer = [] { return Delivery(); };
            second = pending({"ops"});
        }
        if (second.empty() || ++looks < 20) return false;
        if (looks == 20) {
            EXPECT_EQ(row(second).attempts, 0);
            clock_.advance(31s);
        }
        return state_is(first, "delivered") && state_is(second, "delivered");
    });
    EXPECT_EQ(row(first).attempts, 2);
    EXPECT_EQ(row(second).attempts, 1);
}

TEST_F(OutboxTest, AnUpdateWaitsForItsMessageAndKnowsItsReceipt) {
    ops_->updates = true;
    ops_->answer = [] { return Delivery(make_error(Errc::unavailable, "down")); };
    const std::string id = pending({"ops"});
    ASSERT_TRUE(manager_.decide_blocking(id, by("alice"), Verdict::deny, ""));
    deliver_until(
        [&] { return row(id, 0).attempts == 1 && row(id, 1).next_attempt_at > clock_.now(); });
    EXPECT_EQ(row(id, 1).attempts, 0);
    ops_->answer = [] {
        Delivery delivery;
        delivery.receipt = "C1:17.001";
        return delivery;
    };
    deliver_until([&] {
        clock_.advance(100ms);
        return state_is(id, "delivered");
    });
    ASSERT_EQ(ops_->seen.size(), 3U);
    EXPECT_EQ(ops_->seen[1].id, row(id, 0).id);
    EXPECT_EQ(ops_->seen[1].earlier, "");
    EXPECT_EQ(ops_->seen[2].id, row(id, 1).id);
    EXPECT_EQ(ops_->seen[2].earlier, "C1:17.001");
    EXPECT_EQ(row(id, 0).receipt, "C1:17.001");
}

TEST_F(OutboxTest, ADeadMessageHoldsUpNoUpdate) {
    ops_->updates = true;
    ops_->answer = [] { return Delivery(make_error(Errc::unsupported, "no such blocks")); };
    const std::string id = pending({"ops"});
    deliver_until([&] { return state_is(id, "dead"); });
    ops_->answer = [] { return Delivery(); };
    ASSERT_TRUE(manager_.decide_blocking(id, by("alice"), Verdict::deny, ""));
    deliver_until([&] { return row(id, 1).state == "delivered"; });
    EXPECT_EQ(ops_->seen.back().earlier, "");
}

}  // namespace
}  // namespace kimbap::approval
