#include "approval/approval_manager.hpp"

#include <algorithm>
#include <functional>
#include <thread>

#include "base/digest.hpp"
#include "store/approval_store.hpp"
#include "store/token_store.hpp"
#include "store/write_operation.hpp"
#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

TEST_F(ApprovalTest, RequestWritesRowRecordAndNotificationsTogether) {
    SuspendedCall call = refund();
    call.spec.channels = {"ops", "hook"};
    const Requested requested = run(manager_.request(call)).value();
    EXPECT_FALSE(requested.joined);
    EXPECT_TRUE(requested.approval.id.starts_with("apr_"));
    EXPECT_EQ(requested.approval.state(), State::pending);
    EXPECT_EQ(requested.approval.expires_at, clock_.now() + 30min);

    EXPECT_EQ(trail(), Strings{"approval.requested pending"});
    const json::object record = audit().at(0);
    EXPECT_EQ(record.at("parameters"), (json::object{{"amount", 9900}}));
    EXPECT_EQ(record.at("caller").as_object().at("agent"), "support-bot");
    EXPECT_EQ(events(requested.approval.id), (Strings{"approval.requested", "approval.requested"}));

    const auto row = store::query(*fixture_.store,
                                  [&](const store::Snapshot& s) {
                                      return s.approvals().find(requested.approval.id);
                                  })
                         .value()
                         .value();
    EXPECT_EQ(row.sealed_call.find("whole call"), std::string::npos);
    EXPECT_EQ(row.document.find("whole call"), std::string::npos);
}

TEST_F(ApprovalTest, NoChannelsMeansEveryOne) {
    const auto rows = outbox(requested().id);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].channel, "ops");
}

TEST_F(ApprovalTest, TheSameCallJoins) {
    const Approval first = requested();
    const Requested again = run(another()->request(refund())).value();
    EXPECT_TRUE(again.joined);
    EXPECT_EQ(again.approval.id, first.id);
    EXPECT_EQ(trail().size(), 1U);
    EXPECT_EQ(outbox(first.id).size(), 1U);

    SuspendedCall others = refund();
    others.caller_key = "token:tok_2";
    EXPECT_FALSE(run(manager_.request(others))->joined);
    EXPECT_FALSE(run(manager_.request(refund("b2")))->joined);
}

TEST_F(ApprovalTest, AnExpiredOneIsNotJoined) {
    const Approval first = requested();
    clock_.advance(30min);
    const Requested again = run(manager_.request(refund())).value();
    EXPECT_FALSE(again.joined);
    EXPECT_NE(again.approval.id, first.id);
    EXPECT_EQ(find(first.id).state(), State::expired);
}

TEST_F(ApprovalTest, ADecidedOneIsNotJoined) {
    const Approval first = approved();
    const Requested again = run(manager_.request(refund())).value();
    EXPECT_FALSE(again.joined);
    EXPECT_NE(again.approval.id, first.id);
}

TEST_F(ApprovalTest, PendingOnesAreLimited) {
    ManagerOptions few = options();
    few.max_pending = 3;
    few.max_pending_per_caller = 2;
    ApprovalManager manager(*fixture_.store, sealer_, clock_, workers_, few);
    ASSERT_TRUE(run(manager.request(refund("b1"))));
    ASSERT_TRUE(run(manager.request(refund("b2"))));
    const auto third = run(manager.request(refund("b3")));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Errc::rate_limited);
    EXPECT_NE(third.error().message.find("this caller has 2"), std::string::npos);
    EXPECT_TRUE(run(manager.request(refund("b1")))->joined);

    SuspendedCall other = refund("b3");
    other.caller_key = "token:tok_2";
    ASSERT_TRUE(run(manager.request(other)));
    other.caller_key = "token:tok_3";
    EXPECT_EQ(run(manager.request(other)).error().code, Errc::rate_limited);
    EXPECT_EQ(trail().size(), 3U);

    clock_.advance(30min);  // what is overdue counts no more, though nobody looked at it
    EXPECT_TRUE(run(manager.request(refund("b3"))));
    EXPECT_EQ(trail().size(), 7U);
}

TEST_F(ApprovalTest, OversizedPayloadsAreRefused) {
    SuspendedCall call = refund();
    call.payload.assign(kMaxPayload + 1, 'x');
    EXPECT_EQ(run(manager_.request(call)).error().code, Errc::too_large);
}

TEST_F(ApprovalTest, DecisionsAreRecordedAndTold) {
    const Approval pending = requested();
    const auto decided =
        run(manager_.decide(pending.id, by("alice", "tok_a"), Verdict::approve, "fine"));
    ASSERT_TRUE(decided) << decided.error().message;
    EXPECT_EQ(decided->state(), State::approved);
    EXPECT_EQ(decided->execution(), Execution::waiting);
    EXPECT_EQ(decided->revision, find(pending.id).revision);
    EXPECT_EQ(trail(), (Strings{"approval.requested pending", "approval.decided approved"}));
    const json::object record = audit().at(1);
    EXPECT_EQ(record.at("approval").as_object().at("operator"), "alice");
    EXPECT_EQ(record.at("details").as_object().at("reason"), "fine");
    EXPECT_EQ(events(pending.id), (Strings{"approval.requested", "approval.approved"}));

    const auto again = run(another()->decide(pending.id, by("alice"), Verdict::approve, ""));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->revision, decided->revision);
    EXPECT_EQ(run(manager_.decide(pending.id, by("bob"), Verdict::deny, "")).error().code,
              Errc::conflict);
    EXPECT_EQ(trail().size(), 2U);
}

TEST_F(ApprovalTest, TwoOperatorsWhereTwoAreAsked) {
    SuspendedCall call = refund();
    call.spec.required = 2;
    const Approval pending = requested(call);
    EXPECT_EQ(manager_.decide_blocking(pending.id, by("alice"), Verdict::approve, "")->state(),
              State::pending);
    EXPECT_EQ(manager_.decide_blocking(pending.id, by("alice"), Verdict::approve, "")->state(),
              State::pending);
    EXPECT_EQ(manager_.decide_blocking(pending.id, by("bob"), Verdict::approve, "")->state(),
              State::approved);
    EXPECT_EQ(trail(), (Strings{"approval.requested pending", "approval.decided approved_in_part",
                                "approval.decided approved"}));
}

TEST_F(ApprovalTest, TheRequesterCannotDecide) {
    const Approval pending = requested();
    for (const char* who : {"support-bot", "olga", "OLGA"}) {
        for (const Verdict verdict : {Verdict::approve, Verdict::deny}) {
            EXPECT_EQ(manager_.decide_blocking(pending.id, by(who), verdict, "").error().code,
                      Errc::forbidden);
        }
    }
    EXPECT_EQ(find(pending.id).state(), State::pending);
    EXPECT_EQ(trail().size(), 1U);
}

TEST_F(ApprovalTest, DecisionsAreChecked) {
    const Approval pending = requested();
    EXPECT_EQ(manager_.decide_blocking(pending.id, by(""), Verdict::approve, "").error().code,
              Errc::invalid_argument);
    EXPECT_EQ(manager_
                  .decide_blocking(pending.id, by("alice"), Verdict::approve,
                                   std::string(kMaxReason + 1, 'x'))
                  .error()
                  .code,
              Errc::invalid_argument);
    EXPECT_EQ(manager_.decide_blocking("apr_none", by("alice"), Verdict::approve, "").error().code,
              Errc::not_found);
}

TEST_F(ApprovalTest, ADecisionThatComesTooLateLeavesItExpired) {
    const Approval pending = requested();
    clock_.set(pending.expires_at);
    const auto late = manager_.decide_blocking(pending.id, by("alice"), Verdict::approve, "");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::conflict);
    EXPECT_EQ(find(pending.id).state(), State::expired);
    EXPECT_EQ(trail(), (Strings{"approval.requested pending", "approval.decided expired"}));
    EXPECT_EQ(events(pending.id), (Strings{"approval.requested", "approval.expired"}));
}

TEST_F(ApprovalTest, ManyDecideAtOnceAndOneWins) {
    const Approval pending = requested();
    std::atomic<int> won{0};
    std::vector<std::thread> operators;
    for (int i = 0; i < 8; ++i) {
        operators.emplace_back([&, i] {
            const Verdict verdict = i % 2 == 0 ? Verdict::approve : Verdict::deny;
            if (manager_.decide_blocking(pending.id, by("op" + std::to_string(i)), verdict, "")) {
                ++won;
            }
        });
    }
    for (std::thread& one : operators) one.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(trail().size(), 2U);
    EXPECT_EQ(outbox(pending.id).size(), 2U);
}

TEST_F(ApprovalTest, OnlyItsCallerWithdraws) {
    const Approval pending = requested();
    EXPECT_EQ(run(manager_.withdraw(pending.id, "token:tok_2")).error().code, Errc::not_found);
    EXPECT_EQ(run(manager_.withdraw(pending.id, "token:tok_1"))->state(), State::withdrawn);
    EXPECT_TRUE(run(manager_.withdraw(pending.id, "token:tok_1")));
    EXPECT_EQ(events(pending.id), (Strings{"approval.requested", "approval.withdrawn"}));
    EXPECT_EQ(manager_.decide_blocking(pending.id, by("alice"), Verdict::approve, "").error().code,
              Errc::conflict);
    const Approval other = approved(refund("b2"));
    EXPECT_EQ(run(manager_.withdraw(other.id, "token:tok_1")).error().code, Errc::conflict);
}

TEST_F(ApprovalTest, OnlyOneClaimsAndGetsTheWholeCall) {
    const Approval waiting = approved();
    auto claimed = run(manager_.claim(waiting.id));
    ASSERT_TRUE(claimed) << claimed.error().message;
    EXPECT_EQ(claimed->payload, refund().payload);
    EXPECT_EQ(claimed->approval.execution(), Execution::executing);
    EXPECT_EQ(run(another()->claim(waiting.id)).error().code, Errc::conflict);

    const Approval pending = requested(refund("b2"));
    EXPECT_EQ(run(manager_.claim(pending.id)).error().code, Errc::conflict);
    EXPECT_EQ(run(manager_.claim("apr_none")).error().code, Errc::not_found);
}

TEST_F(ApprovalTest, ManyClaimAtOnceAndOneGetsIt) {
    const Approval waiting = approved();
    const auto other = another();
    std::atomic<int> won{0};
    std::vector<std::thread> claimers;
    for (int i = 0; i < 8; ++i) {
        claimers.emplace_back([&, i] {
            ApprovalManager& manager = i % 2 == 0 ? manager_ : *other;
            const auto claimed = test::run_task(manager.claim(waiting.id));
            if (claimed) ++won;
        });
    }
    for (std::thread& one : claimers) one.join();
    EXPECT_EQ(won, 1);
}

TEST_F(ApprovalTest, TheOutcomeIsForItsCallerAlone) {
    const Approval waiting = approved();
    const auto call = run(manager_.claim(waiting.id));
    ASSERT_TRUE(call);
    audit::Record record;
    record.kind = "call.finished";
    record.time = clock_.now();
    record.approval = boost::json::object{{"id", waiting.id}, {"outcome", "approved"}};
    const auto finished = run(manager_.finish(*call, true, "{\"refund\":\"re_1\"}", record));
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_EQ(finished->execution(), Execution::done);
    EXPECT_EQ(trail().back(), "call.finished approved");

    const auto own = run(another()->outcome(waiting.id, "token:tok_1"));
    ASSERT_TRUE(own);
    EXPECT_EQ(own->outcome, "{\"refund\":\"re_1\"}");
    for (const char* key : {"token:tok_2", "agent:support-bot", ""}) {
        EXPECT_EQ(run(manager_.outcome(waiting.id, key)).error().code, Errc::not_found);
    }
    EXPECT_EQ(run(manager_.finish(*call, true, "{}")).error().code, Errc::conflict);

    const auto row =
        store::query(*fixture_.store,
                     [&](const store::Snapshot& s) { return s.approvals().find(waiting.id); })
            .value()
            .value();
    EXPECT_TRUE(row.sealed_call.empty());
    EXPECT_EQ(row.sealed_outcome.find("re_1"), std::string::npos);
}

TEST_F(ApprovalTest, OutcomesAreForgottenAfterADay) {
    const Approval waiting = approved();
    const auto call = run(manager_.claim(waiting.id));
    ASSERT_TRUE(run(manager_.finish(*call, true, "{}")));
    ASSERT_TRUE(run(manager_.sweep()));
    clock_.advance(24h - 1s);
    ASSERT_TRUE(run(manager_.sweep()));
    EXPECT_TRUE(run(manager_.outcome(waiting.id, "token:tok_1"))->outcome);
    clock_.advance(1s);
    EXPECT_FALSE(run(manager_.outcome(waiting.id, "token:tok_1"))->outcome);
    clock_.advance(2min);
    ASSERT_TRUE(run(manager_.sweep()));
    const auto row =
        store::query(*fixture_.store,
                     [&](const store::Snapshot& s) { return s.approvals().find(waiting.id); })
            .value()
            .value();
    EXPECT_TRUE(row.sealed_outcome.empty());
    EXPECT_EQ(find(waiting.id).execution(), Execution::done);
}

TEST_F(ApprovalTest, ATamperedCallNeverRuns) {
    const Approval waiting = approved();
    ASSERT_TRUE(store::write_blocking(*fixture_.store, [&](store::Transaction& t) {
        auto row = t.approvals().find(waiting.id).value().value();
        row.sealed_call[4] = static_cast<char>(row.sealed_call[4] ^ 1);
        return t.approvals().update(row);
    }));
    EXPECT_EQ(run(manager_.claim(waiting.id)).error().code, Errc::corrupt);
    EXPECT_EQ(find(waiting.id).execution(), Execution::failed);
    const json::object last = audit().back();
    EXPECT_EQ(last.at("kind"), "call.finished");
    EXPECT_EQ(last.at("call").as_string(), waiting.call);
    EXPECT_EQ(last.at("execution").as_object(),
              (json::object{{"status", "failed"}, {"attempts", 0}}));
    EXPECT_EQ(last.at("approval").as_object(), (json::object{{"id", waiting.id}}));
    EXPECT_TRUE(last.at("details").as_object().contains("message"));
    const auto outcome = run(manager_.outcome(waiting.id, "token:tok_1"))->outcome;
    EXPECT_EQ(outcome->find(R"({"error":{"code":"corrupt")"), 0U) << *outcome;
}

TEST_F(ApprovalTest, WithoutAKeyACallGoesOnWaiting) {
    const Approval waiting = approved();
    sealer_.broken = true;
    EXPECT_EQ(run(manager_.claim(waiting.id)).error().code, Errc::unavailable);
    EXPECT_EQ(find(waiting.id).execution(), Execution::waiting);
    sealer_.broken = false;
    EXPECT_TRUE(run(manager_.claim(waiting.id)));
}

TEST_F(ApprovalTest, AReleasedCallWaitsAgain) {
    const Approval waiting = approved();
    auto call = run(manager_.claim(waiting.id));
    ASSERT_TRUE(call);
    ASSERT_TRUE(run(manager_.release(std::move(*call))));
    EXPECT_EQ(find(waiting.id).execution(), Execution::waiting);
    EXPECT_EQ(run(manager_.claim(waiting.id))->payload, refund().payload);
}

TEST_F(ApprovalTest, SweepExpires) {
    const Approval pending = requested();
    clock_.advance(30min - 1us);
    EXPECT_EQ(run(manager_.sweep())->expired, 0U);
    clock_.advance(1us);
    EXPECT_EQ(run(manager_.sweep())->expired, 1U);
    EXPECT_EQ(run(another()->sweep())->expired, 0U);
    EXPECT_EQ(find(pending.id).state(), State::expired);
    EXPECT_EQ(trail(), (Strings{"approval.requested pending", "approval.decided expired"}));
}

TEST_F(ApprovalTest, WhoLooksAtWhatIsOverdueExpiresIt) {
    SuspendedCall brief = refund("b2");
    brief.spec.expires = 1min;
    const std::vector<std::function<State(const std::string&)>> looks{
        [&](const std::string& id) { return find(id).state(); },
        [&](const std::string& id) { return run(manager_.find(id))->state(); },
        [&](const std::string& id) {
            return run(manager_.outcome(id, "token:tok_1"))->approval.state();
        },
        [&](const std::string& id) {
            const auto listed = manager_.list_blocking({State::expired, "", 1, ""});
            return listed->at(0).id == id ? State::expired : State::pending;
        },
        [&](const std::string& id) {
            const auto listed = run(manager_.list({State::expired, "", 1, ""}));
            return listed->at(0).id == id ? State::expired : State::pending;
        },
    };
    for (const auto& look : looks) {
        const std::size_t records = audit().size();
        const std::string id = requested(brief).id;
        clock_.advance(1min - 1us);
        EXPECT_EQ(find(id).state(), State::pending);
        clock_.advance(1us);
        EXPECT_EQ(look(id), State::expired);
        EXPECT_EQ(look(id), State::expired);
        EXPECT_EQ(audit().size(), records + 2);
        EXPECT_EQ(trail().back(), "approval.decided expired");
        EXPECT_EQ(events(id), (Strings{"approval.requested", "approval.expired"}));
    }
}

TEST_F(ApprovalTest, AnythingOverdueIsListedAsPendingNoMore) {
    Strings alive;
    for (int i = 0; i < 150; ++i) {
        SuspendedCall call = refund("b" + std::to_string(i));
        call.spec.expires = i % 50 == 0 ? 1h : 1min;
        call.caller_key = "token:tok_" + std::to_string(i % 2);
        const std::string id = requested(call).id;
        if (i % 50 == 0) alive.push_back(id);
    }
    std::sort(alive.rbegin(), alive.rend());
    clock_.advance(1min);
    Strings pending;
    for (const Approval& one : manager_.list_blocking({State::pending, "", 100, ""}).value()) {
        pending.push_back(one.id);
    }
    EXPECT_EQ(pending, alive);
    EXPECT_EQ(manager_.list_blocking({State::expired, "", 1000, ""})->size(), 147U);
}

/// A store on a full disk.
class Full final : public store::Store {
public:
    explicit Full(store::Store& store) : store_(store) {}
    void submit(store::WriteOperation* first) override {
        for (auto* one = first; one != nullptr; one = one->next) {
            one->outcome = make_error(Errc::storage_failure, "no space left");
        }
        first->sink->deliver(first);
    }
    Result<void> read(const store::Read& work) const override { return store_.read(work); }
    Result<std::unique_ptr<store::Hold>> try_hold(const std::string& name) override {
        return store_.try_hold(name);
    }
    Result<void> last_commit() const override { return store_.last_commit(); }
    const store::ChangeBoard& changes() const override { return store_.changes(); }

private:
    store::Store& store_;
};

TEST_F(ApprovalTest, WhatCantBeWrittenDownIsShownAsExpired) {
    const std::string id = requested().id;
    Full full(*fixture_.store);
    const ApprovalManager manager(full, sealer_, clock_, workers_, options());
    EXPECT_EQ(manager.find_blocking(id)->state(), State::pending);
    clock_.advance(30min);
    EXPECT_EQ(manager.find_blocking(id)->state(), State::expired);
    EXPECT_EQ(manager.list_blocking({}).value().at(0).state(), State::expired);
    EXPECT_TRUE(manager.list_blocking({State::pending, "", 100, ""})->empty());
    EXPECT_EQ(trail().size(), 1U);
}

TEST_F(ApprovalTest, SweepLeavesCallsToTheirHoldersFirst) {
    const Approval waiting = approved();
    Sweep swept = run(manager_.sweep()).value();
    EXPECT_TRUE(swept.runnable.empty());
    EXPECT_EQ(swept.in_grace, 1U);
    clock_.advance(500ms);
    swept = run(manager_.sweep()).value();
    EXPECT_EQ(swept.runnable, Strings{waiting.id});
    EXPECT_EQ(swept.in_grace, 0U);
}

TEST_F(ApprovalTest, ACrashDuringACallLeavesItUnknown) {
    const Approval waiting = approved();
    {
        const auto crashed = run(manager_.claim(waiting.id));
        ASSERT_TRUE(crashed);
    }  // its process is gone: nobody renews the lease
    clock_.advance(ManagerOptions{}.lease - 1us);
    EXPECT_EQ(run(manager_.sweep())->lapsed, 0U);
    clock_.advance(1us);
    const Sweep swept = run(another()->sweep()).value();
    EXPECT_EQ(swept.lapsed, 1U);
    EXPECT_EQ(find(waiting.id).execution(), Execution::unknown);
    EXPECT_EQ(trail().back(), "approval.lapsed unknown");
    clock_.advance(24h);
    EXPECT_TRUE(run(manager_.sweep())->runnable.empty());
    EXPECT_EQ(run(manager_.claim(waiting.id)).error().code, Errc::conflict);
}

TEST_F(ApprovalTest, AnIdempotentCallRunsAgainAfterACrash) {
    SuspendedCall call = refund();
    call.idempotent = true;
    const Approval waiting = approved(call);
    auto crashed = run(manager_.claim(waiting.id));
    ASSERT_TRUE(crashed);
    const ClaimedCall gone{crashed->approval, crashed->payload, std::move(crashed->claim)};
    const auto other = another();  // another process, which renews nothing of this one's
    clock_.advance(60s);
    EXPECT_EQ(run(other->sweep())->lapsed, 1U);
    EXPECT_EQ(run(other->sweep())->runnable, Strings{waiting.id});
    EXPECT_EQ(run(other->claim(waiting.id))->payload, call.payload);
    EXPECT_EQ(run(manager_.finish(gone, true, "{}")).error().code, Errc::conflict);
}

TEST_F(ApprovalTest, LeasesAreRenewedWhileTheClaimLives) {
    const Approval waiting = approved();
    {
        const auto call = run(manager_.claim(waiting.id));
        ASSERT_TRUE(call);
        const auto other = another();
        for (int i = 0; i < 20; ++i) {
            clock_.advance(20s);
            ASSERT_TRUE(run(manager_.sweep()));
            EXPECT_EQ(run(other->sweep())->lapsed, 0U);
        }
        EXPECT_EQ(find(waiting.id).execution(), Execution::executing);
    }
    clock_.advance(61s);
    EXPECT_EQ(run(manager_.sweep())->lapsed, 1U);
}

TEST_F(ApprovalTest, ListsNewestFirstByStateAndCaller) {
    const Approval first = requested(refund("b1"));
    const Approval second = requested(refund("b2"));
    SuspendedCall others = refund("b3");
    others.caller_key = "token:tok_2";
    const Approval third = requested(others);
    ASSERT_TRUE(manager_.decide_blocking(first.id, by("alice"), Verdict::deny, ""));

    const auto ids = [&](const ListFilter& filter) {
        Strings out;
        for (const Approval& one : manager_.list_blocking(filter).value()) out.push_back(one.id);
        return out;
    };
    Strings all{first.id, second.id, third.id};
    std::sort(all.rbegin(), all.rend());
    EXPECT_EQ(ids({}), all);
    EXPECT_EQ(ids({State::denied, "", 100, ""}), Strings{first.id});
    EXPECT_EQ(ids({std::nullopt, "token:tok_2", 100, ""}), Strings{third.id});
    EXPECT_EQ(ids({std::nullopt, "", 2, ""}), (Strings{all[0], all[1]}));
    EXPECT_EQ(ids({std::nullopt, "", 2, all[1]}), Strings{all[2]});
    EXPECT_EQ(run(manager_.list({State::denied, "", 100, ""}))->size(), 1U);
    EXPECT_EQ(run(manager_.find(second.id))->id, second.id);
}

TEST_F(ApprovalTest, WhoDecidedThroughWhatIsKeptAndAudited) {
    const std::string id = run(manager_.request(refund()))->approval.id;
    ASSERT_TRUE(
        manager_.decide_blocking(id, {"alice", "tok_7", "api", Proof::token}, Verdict::deny, "no"));
    const auto vote = run(manager_.find(id))->standing.votes.at(0);
    EXPECT_EQ(vote.channel, "api");
    EXPECT_EQ(vote.proof, Proof::token);
    const json::object record = audit().at(1);
    EXPECT_EQ(record.at("approval"), json::value({{"id", id},
                                                  {"outcome", "denied"},
                                                  {"operator", "alice"},
                                                  {"channel", "api"},
                                                  {"proof", "token"}}));
    EXPECT_EQ(record.at("details").as_object().at("operator_token"), "tok_7");
}

/// A token of the store, as the registry would write it.
void insert_token(store::Store& store, const std::string& id, const std::string& name,
                  std::vector<std::string> roles, bool is_operator = true,
                  std::optional<TimePoint> expires = {}, std::optional<TimePoint> revoked = {}) {
    store::TokenRow row;
    row.id = id;
    row.is_operator = is_operator;
    row.name = name;
    row.roles = std::move(roles);
    row.hash = sha256(id);
    row.expires_at = expires;
    row.revoked_at = revoked;
    ASSERT_TRUE(store::transact(store, [&](store::Transaction& t) -> Result<bool> {
        const auto inserted = t.tokens().insert(row);
        if (!inserted) return inserted.error();
        return true;
    }));
}

TEST_F(ApprovalTest, RolesAreThoseOfTheTokenShownOrOfTheOperatorsTokens) {
    insert_token(*fixture_.store, "tok_1", "alice", {"finance"});
    insert_token(*fixture_.store, "tok_2", "bob", {"finance"}, true, clock_.now());
    insert_token(*fixture_.store, "tok_3", "bob", {"finance"}, true, {}, clock_.now());
    insert_token(*fixture_.store, "tok_4", "bob", {"finance"}, false);
    insert_token(*fixture_.store, "tok_5", "bob", {"support"});
    SuspendedCall call = refund();
    call.spec.approvers = {"finance"};
    const std::string id = run(manager_.request(call))->approval.id;
    const auto refused = [&](const Operator& who) {
        const auto examined = run(manager_.examine(id, who));
        return examined && examined->refusal && examined->refusal->code == Errc::forbidden;
    };
    const Operator linked{"bob", "", "ops", Proof::link, "m"};
    EXPECT_TRUE(refused(linked));
    EXPECT_TRUE(refused(by("alice")));  // the token that she showed hasn't the role
    EXPECT_FALSE(refused({"Alice", "", "ops", Proof::link, "m"}));
    EXPECT_FALSE(refused({"cli:alice", "", "cli", Proof::local}));
    EXPECT_EQ(run(manager_.decide(id, linked, Verdict::approve, "")).error().code, Errc::forbidden);
    EXPECT_EQ(find(id).state(), State::pending);
    Operator fay = by("fay");
    fay.roles = {"finance"};
    EXPECT_TRUE(run(manager_.decide(id, fay, Verdict::approve, "")));
}

TEST_F(ApprovalTest, AnApprovalThroughATokenThatWasRevokedSinceCountsNoMore) {
    insert_token(*fixture_.store, "tok_1", "alice", {});
    insert_token(*fixture_.store, "tok_2", "bob", {}, true,
                 clock_.now());  // expired is not revoked
    insert_token(*fixture_.store, "tok_3", "alice", {});
    SuspendedCall call = refund();
    call.spec.required = 3;
    const std::string id = requested(call).id;
    const auto approve = [&](const std::string& name, const std::string& token) {
        return manager_
            .decide_blocking(id, {name, token, "api", Proof::token}, Verdict::approve, "")
            ->standing;
    };
    EXPECT_EQ(approve("alice", "tok_1").votes.size(), 1U);
    ASSERT_TRUE(store::transact(*fixture_.store, [&](store::Transaction& t) -> Result<bool> {
        const auto revoked = t.tokens().revoke("tok_1", clock_.now());
        if (!revoked) return revoked.error();
        return true;
    }));
    EXPECT_EQ(approve("bob", "tok_2").votes.size(), 1U) << "alice's is gone";
    EXPECT_EQ(audit().back().at("details").as_object().at("void_votes"), json::value({"alice"}));
    EXPECT_EQ(approve("carol", "tok_4").state, State::pending);
    EXPECT_FALSE(audit().back().at("details").as_object().contains("void_votes"));
    EXPECT_EQ(approve("alice", "tok_3").state, State::approved);
}

TEST_F(ApprovalTest, WhoApprovedWithATokenThatWasRevokedMayDoSoAgain) {
    insert_token(*fixture_.store, "tok_1", "alice", {}, true, {}, clock_.now());
    SuspendedCall call = refund();
    call.spec.required = 2;
    const std::string id = requested(call).id;
    for (const char* token : {"tok_1", "tok_2", "tok_2"}) {
        const auto voted = manager_.decide_blocking(id, {"alice", token, "api", Proof::token},
                                                    Verdict::approve, "");
        ASSERT_EQ(voted->standing.votes.size(), 1U);
        EXPECT_EQ(voted->standing.votes[0].token, token);
    }
}

TEST_F(ApprovalTest, ExaminingDecidesNothing) {
    const Approval pending = requested();
    EXPECT_FALSE(run(manager_.examine(pending.id, by("alice")))->refusal);
    EXPECT_EQ(run(manager_.examine(pending.id, by("olga")))->refusal->code, Errc::forbidden);
    EXPECT_EQ(run(manager_.examine("apr_none", by("alice"))).error().code, Errc::not_found);
    EXPECT_EQ(find(pending.id).revision, pending.revision);
    clock_.advance(30min);
    const auto late = run(manager_.examine(pending.id, by("alice")));
    EXPECT_EQ(late->refusal->code, Errc::conflict);
    EXPECT_EQ(late->approval.state(), State::expired);
    EXPECT_EQ(trail().size(), 1U);  // nor does it write anything
}

TEST_F(ApprovalTest, ALinkDecidesOnceInWhicheverProcess) {
    SuspendedCall call = refund();
    call.spec.required = 2;
    const std::string id = run(manager_.request(call))->approval.id;
    const Operator alice{"alice", "", "ops", Proof::link, "mark"};
    ASSERT_TRUE(manager_.decide_blocking(id, alice, Verdict::approve, ""));
    ApprovalManager other(*fixture_.store, sealer_, clock_, workers_, options());
    const auto again = other.decide_blocking(id, alice, Verdict::deny, "");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_TRUE(again.error().message.starts_with("this link was used already: alice approved"));
    EXPECT_EQ(run(manager_.find(id))->state(), State::pending);
}

}  // namespace
}  // namespace kimbap::approval
