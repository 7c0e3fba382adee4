#include "approval/approval_service.hpp"

#include <functional>
#include <thread>

#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;

class ServiceTest : public ApprovalTest {
protected:
    /// Runs the service until `done`, at most ten seconds.
    void serve_until(ApprovalManager& manager, Resumer& resumer, const std::function<bool()>& done,
                     const async::CancelToken& draining = {}) {
        asio::io_context context;
        async::CancelSource stop;
        ApprovalService service(manager, resumer, *fixture_.store, {10ms, 50ms, 4});
        bool ended = false;
        asio::co_spawn(context, service.run(stop.token(), draining),
                       [&](std::exception_ptr thrown) { ended = !thrown; });
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!done() && std::chrono::steady_clock::now() < deadline) context.run_one_for(20ms);
        EXPECT_TRUE(done());
        asio::post(context, [&] { stop.cancel(); });
        context.run();
        EXPECT_TRUE(ended);
    }
    bool is(const std::string& id, Execution execution) {
        return find(id).execution() == execution;
    }
};

TEST_F(ServiceTest, RunsWhatItsHolderLeft) {
    const Approval waiting = approved();
    clock_.advance(1s);
    FakeResumer resumer;
    std::vector<std::string> payloads;
    resumer.payloads = &payloads;
    serve_until(manager_, resumer, [&] { return is(waiting.id, Execution::done); });
    EXPECT_EQ(resumer.calls, 1);
    EXPECT_EQ(payloads, std::vector<std::string>{refund().payload});
    EXPECT_EQ(run(manager_.outcome(waiting.id, "token:tok_1"))->outcome, "{\"ok\":1}");
}

TEST_F(ServiceTest, LeavesItToTheHolderDuringTheGrace) {
    const Approval waiting = approved();
    FakeResumer resumer;
    int looks = 0;
    serve_until(manager_, resumer, [&] { return ++looks > 20; });
    EXPECT_EQ(resumer.calls, 0);
    EXPECT_TRUE(is(waiting.id, Execution::waiting));
}

TEST_F(ServiceTest, ManyProcessesRunEachCallOnce) {
    constexpr int kCalls = 12;
    std::vector<std::string> ids;
    for (int i = 0; i < kCalls; ++i) ids.push_back(approved(refund("b" + std::to_string(i))).id);
    clock_.advance(1s);
    FakeResumer resumer;
    const auto all_done = [&] {
        for (const std::string& id : ids) {
            if (!is(id, Execution::done)) return false;
        }
        return true;
    };
    std::vector<std::thread> processes;
    for (int i = 0; i < 3; ++i) {
        processes.emplace_back([&] {
            const auto manager = another();
            serve_until(*manager, resumer, all_done);
        });
    }
    for (std::thread& process : processes) process.join();
    EXPECT_EQ(resumer.calls, kCalls);
}

TEST_F(ServiceTest, ExpiresAndGivesUpLapsedOnes) {
    const Approval pending = requested(refund("b1"));
    const Approval crashed = approved(refund("b2"));
    { const auto gone = run(manager_.claim(crashed.id)); }
    clock_.advance(30min);
    FakeResumer resumer;
    serve_until(manager_, resumer, [&] {
        return find(pending.id).state() == State::expired && is(crashed.id, Execution::unknown);
    });
    EXPECT_EQ(resumer.calls, 0);
}

TEST_F(ServiceTest, WhileDrainingItKeepsClaimsAndStartsNothing) {
    const Approval running = approved(refund("b1"));
    const auto claimed = run(manager_.claim(running.id));
    ASSERT_TRUE(claimed);
    const Approval waiting = approved(refund("b2"));
    FakeResumer resumer;
    async::CancelSource draining;
    draining.cancel();
    // 22 s in all: the lease of 20 was renewed after seven.
    for (const auto later : {7s, 15s}) {
        clock_.advance(later);
        int looks = 0;
        serve_until(
            manager_, resumer, [&] { return ++looks > 20; }, draining.token());
    }
    EXPECT_TRUE(is(running.id, Execution::executing));
    EXPECT_TRUE(is(waiting.id, Execution::waiting));
    EXPECT_EQ(resumer.calls, 0);
}

TEST_F(ServiceTest, AnUnavailableResumerGivesTheCallBack) {
    const Approval waiting = approved();
    clock_.advance(1s);
    FakeResumer resumer;
    resumer.answer = [] { return make_error(Errc::unavailable, "draining"); };
    serve_until(manager_, resumer,
                [&] { return resumer.calls == 1 && is(waiting.id, Execution::waiting); });
    EXPECT_TRUE(is(waiting.id, Execution::waiting));
}

}  // namespace
}  // namespace kimbap::approval
