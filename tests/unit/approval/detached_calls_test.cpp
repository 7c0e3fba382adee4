#include "store/approval_store.hpp"
#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

/// Calls whose claims are told to stop live on one I/O thread.
class DetachedCallTest : public ApprovalTest {
protected:
    template <class T>
    T on_thread(Task<T> task) {
        return test::run_on(context_, std::move(task));
    }
    SuspendedCall harmless() {
        SuspendedCall call = refund();
        call.idempotent = true;
        return call;
    }
    Execution execution(const std::string& id) { return find(id).execution(); }
    void let_lapse() {
        clock_.advance(options().lease + 1s);
        ASSERT_TRUE(on_thread(other_->sweep()));
    }

    asio::io_context context_;
    std::unique_ptr<ApprovalManager> other_ = another();
};

TEST_F(DetachedCallTest, RunsForItsProcessAndIsNoOperatorsBusiness) {
    const ClaimedCall call = on_thread(manager_.detach(refund())).value();
    const std::string id = call.approval.id;
    EXPECT_TRUE(id.starts_with("task_"));
    EXPECT_EQ(find(id).state(), State::detached);
    EXPECT_EQ(execution(id), Execution::executing);
    EXPECT_TRUE(audit().empty());  // the call has its own records
    EXPECT_TRUE(outbox(id).empty());
    EXPECT_TRUE(manager_.list_blocking({})->empty());
    ListFilter all;
    all.detached = true;
    EXPECT_EQ(manager_.list_blocking(all)->size(), 1U);
    EXPECT_EQ(manager_.decide_blocking(id, {"alice"}, Verdict::deny, "").error().code,
              Errc::not_found);
    EXPECT_EQ(on_thread(other_->claim(id)).error().code, Errc::conflict);

    ASSERT_TRUE(on_thread(manager_.finish(call, true, "{\"out\":1}")));
    EXPECT_EQ(*on_thread(other_->outcome(id, "token:tok_1"))->outcome, "{\"out\":1}");
    EXPECT_EQ(on_thread(other_->outcome(id, "token:tok_2")).error().code, Errc::not_found);
}

TEST_F(DetachedCallTest, IsForgottenWithItsOutcome) {
    const ClaimedCall call = on_thread(manager_.detach(refund())).value();
    ASSERT_TRUE(on_thread(manager_.finish(call, true, "{}")));
    clock_.advance(24h - 1s);
    ASSERT_TRUE(on_thread(manager_.sweep()));
    EXPECT_TRUE(manager_.find_blocking(call.approval.id));
    clock_.advance(2min);
    ASSERT_TRUE(on_thread(manager_.sweep()));
    EXPECT_EQ(manager_.find_blocking(call.approval.id).error().code, Errc::not_found);
}

TEST_F(DetachedCallTest, OfADeadProcessRunsAgainWhereThatDoesNoHarm) {
    std::string harmless_id, other_id;
    {
        const ClaimedCall one = on_thread(manager_.detach(harmless())).value();
        const ClaimedCall two = on_thread(manager_.detach(refund("b2"))).value();
        harmless_id = one.approval.id;
        other_id = two.approval.id;
    }
    let_lapse();
    EXPECT_EQ(execution(harmless_id), Execution::waiting);
    EXPECT_EQ(execution(other_id), Execution::unknown);
    for (const json::object& record : audit()) {
        EXPECT_EQ(record.at("kind"), "call.lapsed");
        EXPECT_EQ(record.at("decision").at("outcome"), "allow");
    }
    const Sweep sweep = on_thread(other_->sweep()).value();
    EXPECT_EQ(sweep.runnable, Strings{harmless_id});
    const ClaimedCall again = on_thread(other_->claim(harmless_id)).value();
    EXPECT_EQ(again.payload, refund().payload);
}

TEST_F(DetachedCallTest, StoppingReachesTheProcessThatRunsIt) {
    const ClaimedCall call = on_thread(manager_.detach(harmless())).value();
    const std::string id = call.approval.id;
    EXPECT_EQ(on_thread(other_->stop(id, "token:tok_2")).error().code, Errc::not_found);
    ASSERT_TRUE(on_thread(other_->stop(id, "token:tok_1")));
    EXPECT_FALSE(call.claim.stopped().cancelled());  // another process said so
    ASSERT_TRUE(on_thread(manager_.sweep()));
    EXPECT_TRUE(call.claim.stopped().cancelled());
    EXPECT_EQ(execution(id), Execution::executing);  // until its process says how it ended
    ASSERT_TRUE(on_thread(manager_.finish(call, false, "{}")));
    EXPECT_TRUE(find(id).standing.stopping);
}

TEST_F(DetachedCallTest, StoppingWithinAProcessIsHeardAtOnce) {
    const Approval waits = approved();
    const ClaimedCall call = on_thread(manager_.claim(waits.id)).value();
    ASSERT_TRUE(on_thread(manager_.stop(waits.id, "token:tok_1")));
    EXPECT_TRUE(call.claim.stopped().cancelled());
}

TEST_F(DetachedCallTest, AnApprovedCallThatIsStoppedNeverRuns) {
    const Approval waits = approved();
    ASSERT_TRUE(on_thread(manager_.stop(waits.id, "token:tok_1")));
    EXPECT_EQ(on_thread(other_->claim(waits.id)).error().code, Errc::conflict);
    const json::object record = audit().back();
    EXPECT_EQ(record.at("kind"), "call.finished");
    EXPECT_EQ(record.at("execution").at("status"), "cancelled");
    EXPECT_EQ(record.at("parameters"), (json::object{{"amount", 9900}}));
    EXPECT_EQ(record.at("approval"), (json::object{{"id", waits.id}}));
    ASSERT_TRUE(on_thread(manager_.stop(waits.id, "token:tok_1")));  // again is no error
    EXPECT_EQ(audit().size(), 3U);
}

TEST_F(DetachedCallTest, OneThatIsStoppedBeforeItRunsAgainIsRecordedAsATask) {
    std::string id;
    {
        const ClaimedCall call = on_thread(manager_.detach(harmless())).value();
        id = call.approval.id;
    }
    let_lapse();
    ASSERT_TRUE(on_thread(manager_.stop(id, "token:tok_1")));
    const json::object record = audit().back();
    EXPECT_EQ(record.at("kind"), "call.finished");
    EXPECT_EQ(record.at("parameters"), (json::object{{"amount", 9900}}));
    EXPECT_FALSE(record.contains("approval"));
    EXPECT_EQ(record.at("details").at("task"), json::value(id));
}

}  // namespace
}  // namespace kimbap::approval
