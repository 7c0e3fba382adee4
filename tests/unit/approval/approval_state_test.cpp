#include "approval/approval_state.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = from_unix_micros(1'800'000'000'000'000);
const TimePoint kExpiry = kStart + 30min;
const TimePoint kNow = kStart + 5min;

Terms terms(int required = 1, bool idempotent = false) {
    return {required, kExpiry, idempotent, {"support-bot", "olga"}, {}, false, {"mail"}};
}

event::Decide by(std::string name, Verdict verdict, std::string reason = "") {
    return {std::move(name), verdict, std::move(reason), "api", Proof::token};
}

Standing standing(State state, Execution execution = Execution::none) {
    Standing out;
    out.state = state;
    out.execution = execution;
    const auto vote = [](Verdict verdict) {
        return Vote{"alice", verdict, "", kStart + 1min, "mail", Proof::link, "used"};
    };
    if (state == State::approved) out.votes = {vote(Verdict::approve)};
    if (state == State::denied) out.votes = {vote(Verdict::deny)};
    if (state != State::pending) out.decided_at = kStart + 1min;
    if (execution != Execution::none && execution != Execution::waiting) out.claimer = "mine";
    if (execution == Execution::executing) out.lease_until = kNow + 1min;
    return out;
}

/// Every standing there is.
const std::map<std::string, Standing> kStandings{
    {"pending", standing(State::pending)},
    {"denied", standing(State::denied)},
    {"expired", standing(State::expired)},
    {"withdrawn", standing(State::withdrawn)},
    {"waiting", standing(State::approved, Execution::waiting)},
    {"executing", standing(State::approved, Execution::executing)},
    {"done", standing(State::approved, Execution::done)},
    {"failed", standing(State::approved, Execution::failed)},
    {"unknown", standing(State::approved, Execution::unknown)},
};

std::string place(const Standing& s) {
    return std::string(s.execution == Execution::none ? name(s.state) : name(s.execution));
}

struct Case {
    std::string event;
    Event value;
    TimePoint at;
    bool idempotent = false;
    /// What becomes of each standing: its new place, "same" (no change, no error), "conflict",
    /// "forbidden". Standings that aren't named: `otherwise`.
    std::map<std::string, std::string> becomes;
    std::string otherwise;
};

const std::vector<Case> kTable{
    {"approve by another",
     by("bob", Verdict::approve),
     kNow,
     false,
     {{"pending", "waiting"}},
     "conflict"},
    {"approve again",
     by("alice", Verdict::approve),
     kNow,
     false,
     {{"pending", "waiting"},
      {"waiting", "same"},
      {"executing", "same"},
      {"done", "same"},
      {"failed", "same"},
      {"unknown", "same"}},
     "conflict"},
    {"approve through a link that was used",
     event::Decide{"alice", Verdict::approve, "", "mail", Proof::link, "used"},
     kNow,
     false,
     {{"pending", "waiting"}},
     "conflict"},
    {"deny", by("bob", Verdict::deny), kNow, false, {{"pending", "denied"}}, "conflict"},
    {"deny again",
     by("alice", Verdict::deny),
     kNow,
     false,
     {{"pending", "denied"}, {"denied", "same"}},
     "conflict"},
    {"the requester approves", by("support-bot", Verdict::approve), kNow, false, {}, "forbidden"},
    {"the token's owner denies", by("Olga", Verdict::deny), kNow, false, {}, "forbidden"},
    {"approve at the instant of expiry",
     by("bob", Verdict::approve),
     kExpiry,
     false,
     {},
     "conflict"},
    {"deny after expiry", by("bob", Verdict::deny), kExpiry + 1s, false, {}, "conflict"},
    {"approve just before expiry",
     by("bob", Verdict::approve),
     kExpiry - 1us,
     false,
     {{"pending", "waiting"}},
     "conflict"},
    {"expire too early", event::Expire{}, kExpiry - 1us, false, {}, "same"},
    {"expire", event::Expire{}, kExpiry, false, {{"pending", "expired"}}, "same"},
    {"withdraw",
     event::Withdraw{},
     kNow,
     false,
     {{"pending", "withdrawn"}, {"withdrawn", "same"}},
     "conflict"},
    {"withdraw at the instant of expiry",
     event::Withdraw{},
     kExpiry,
     false,
     {{"pending", "expired"}, {"withdrawn", "same"}},
     "conflict"},
    {"stop",
     event::Stop{},
     kNow,
     false,
     {{"pending", "withdrawn"}, {"waiting", "failed"}, {"executing", "executing"}},
     "same"},
    {"stop at the instant of expiry",
     event::Stop{},
     kExpiry,
     false,
     {{"pending", "expired"}, {"waiting", "failed"}, {"executing", "executing"}},
     "same"},
    {"claim", event::Claim{"new", 1min}, kNow, false, {{"waiting", "executing"}}, "conflict"},
    {"renew", event::Renew{"mine", 1min}, kNow, false, {{"executing", "executing"}}, "conflict"},
    {"renew another's", event::Renew{"other", 1min}, kNow, false, {}, "conflict"},
    {"release", event::Release{"mine"}, kNow, false, {{"executing", "waiting"}}, "conflict"},
    {"release another's", event::Release{"other"}, kNow, false, {}, "conflict"},
    {"lapse while the lease holds", event::Lapse{}, kNow, false, {}, "same"},
    {"lapse", event::Lapse{}, kNow + 1min, false, {{"executing", "unknown"}}, "same"},
    {"lapse of an idempotent call",
     event::Lapse{},
     kNow + 1min,
     true,
     {{"executing", "waiting"}},
     "same"},
    {"finish well",
     event::Finish{"mine", true},
     kNow,
     false,
     {{"executing", "done"}, {"unknown", "done"}},
     "conflict"},
    {"finish badly",
     event::Finish{"mine", false},
     kNow,
     false,
     {{"executing", "failed"}, {"unknown", "failed"}},
     "conflict"},
    {"finish after the lease, unnoticed",
     event::Finish{"mine", true},
     kNow + 2min,
     false,
     {{"executing", "done"}, {"unknown", "done"}},
     "conflict"},
    {"finish another's", event::Finish{"other", true}, kNow, false, {}, "conflict"},
};

TEST(ApprovalState, EveryEventOnEveryStanding) {
    std::size_t checked = 0;
    std::set<std::size_t> kinds;
    for (const Case& test : kTable) {
        kinds.insert(test.value.index());
        for (const auto& [where, from] : kStandings) {
            SCOPED_TRACE(test.event + " on " + where);
            const auto found = test.becomes.find(where);
            const std::string expected =
                found == test.becomes.end() ? test.otherwise : found->second;
            const auto step = apply(terms(1, test.idempotent), from, test.value, test.at);
            ++checked;
            if (expected == "conflict" || expected == "forbidden") {
                ASSERT_FALSE(step);
                EXPECT_EQ(step.error().code,
                          expected == "conflict" ? Errc::conflict : Errc::forbidden);
                EXPECT_FALSE(step.error().message.empty());
                continue;
            }
            ASSERT_TRUE(step) << step.error().message;
            if (expected == "same") {
                EXPECT_EQ(step->effect, Effect::none);
                EXPECT_EQ(place(step->next), where);
            } else {
                EXPECT_NE(step->effect, Effect::none);
                EXPECT_EQ(place(step->next), expected);
                EXPECT_EQ(step->next.state, expected == "denied"      ? State::denied
                                            : expected == "expired"   ? State::expired
                                            : expected == "withdrawn" ? State::withdrawn
                                                                      : State::approved);
            }
        }
    }
    EXPECT_EQ(checked, kTable.size() * kStandings.size());
    EXPECT_EQ(kinds.size(), std::variant_size_v<Event>);
}

TEST(ApprovalState, FinalStandingsNeverMove) {
    for (const auto& [where, from] : kStandings) {
        if (!is_final(from) || where == "unknown") continue;
        for (const Case& test : kTable) {
            const auto step = apply(terms(), from, test.value, test.at);
            EXPECT_TRUE(!step || step->effect == Effect::none) << test.event << " on " << where;
        }
    }
}

TEST(ApprovalState, SeveralOperatorsMustAgree) {
    const Terms three = terms(3);
    Standing now = standing(State::pending);
    const auto decide = [&](const char* who, Verdict verdict) {
        auto step = apply(three, now, by(who, verdict, "because"), kNow);
        EXPECT_TRUE(step);
        now = step->next;
        return step->effect;
    };
    EXPECT_EQ(decide("alice", Verdict::approve), Effect::voted);
    EXPECT_EQ(decide("alice", Verdict::approve), Effect::none);
    EXPECT_EQ(decide("bob", Verdict::approve), Effect::voted);
    EXPECT_EQ(now.state, State::pending);
    EXPECT_EQ(decide("carol", Verdict::approve), Effect::approved);
    EXPECT_EQ(now.execution, Execution::waiting);
    ASSERT_EQ(now.votes.size(), 3U);
    EXPECT_EQ(now.votes[2].by, "carol");
    EXPECT_EQ(now.votes[2].reason, "because");
    EXPECT_EQ(now.decided_at, kNow);
}

TEST(ApprovalState, WhoMayDecideAndHowThatIsProven) {
    struct Case {
        std::string what;
        event::Decide decide;
        std::vector<std::string> approvers;
        bool token_proof;
        std::string refusal;  ///< Part of the error; "" where the decision counts.
    };
    const auto with = [](std::string name, Proof proof, std::vector<std::string> roles = {},
                         std::string channel = "mail") {
        return event::Decide{std::move(name), Verdict::approve, "", std::move(channel), proof, "",
                             std::move(roles)};
    };
    const std::vector<Case> table{
        {"anybody, where nobody is named", with("bob", Proof::token), {}, false, ""},
        {"by name", with("bob", Proof::token), {"bob"}, false, ""},
        {"by role", with("bob", Proof::token, {"finance"}), {"cfo", "finance"}, false, ""},
        {"by a glob", with("bob", Proof::token, {"finance-emea"}), {"finance-*"}, false, ""},
        {"an account of this machine", with("cli:bob", Proof::local), {"bob"}, true, ""},
        {"another",
         with("bob", Proof::token, {"support"}),
         {"finance"},
         false,
         "approvers finance"},
        {"names are exact", with("Bob", Proof::token), {"bob"}, false, "approvers bob"},
        {"a link", with("bob", Proof::link), {}, false, ""},
        {"an account", with("bob", Proof::account), {}, false, ""},
        {"a link where a token is wanted",
         with("bob", Proof::link),
         {},
         true,
         "a link is not enough"},
        {"an account where a token is wanted",
         with("bob", Proof::account),
         {},
         true,
         "a chat account is not enough"},
        {"a token where one is wanted", with("bob", Proof::token), {}, true, ""},
        {"a link of a channel that wasn't told",
         with("bob", Proof::link, {}, "chat"),
         {},
         false,
         "not asked through \"chat\""},
        {"a token needs no channel", with("bob", Proof::token, {}, "api"), {}, false, ""},
        {"the requester, though named",
         with("support-bot", Proof::token),
         {"support-bot"},
         false,
         "asked for this call"},
        {"the requester's account here",
         with("cli:olga", Proof::local),
         {},
         false,
         "asked for this call"},
    };
    for (const Case& test : table) {
        Terms wanted = terms();
        wanted.approvers = test.approvers;
        wanted.token_proof = test.token_proof;
        const auto step = apply(wanted, standing(State::pending), test.decide, kNow);
        EXPECT_EQ(step.has_value(), test.refusal.empty()) << test.what;
        if (step) continue;
        EXPECT_EQ(step.error().code, Errc::forbidden) << test.what;
        EXPECT_NE(step.error().message.find(test.refusal), std::string::npos)
            << test.what << ": " << step.error().message;
    }
}

TEST(ApprovalState, APersonsTokenAndAccountHereAreOnePerson) {
    const auto first =
        apply(terms(2), standing(State::pending),
              event::Decide{"alice", Verdict::approve, "", "api", Proof::token}, kNow);
    const event::Decide here{"cli:alice", Verdict::approve, "", "cli", Proof::local};
    EXPECT_EQ(apply(terms(2), first->next, here, kNow)->effect, Effect::none);
}

TEST(ApprovalState, OnePersonIsNotTwoByUpperCase) {
    const auto first =
        apply(terms(2), standing(State::pending), by("alice", Verdict::approve), kNow);
    const auto second = apply(terms(2), first->next, by("ALICE", Verdict::approve), kNow);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->effect, Effect::none);
}

TEST(ApprovalState, ALinkServesOnceWhateverItSaysTheSecondTime) {
    const event::Decide mailed{"alice", Verdict::approve, "", "mail", Proof::link, "m1"};
    const auto voted = apply(terms(2), standing(State::pending), mailed, kNow);
    ASSERT_TRUE(voted);
    EXPECT_EQ(voted->next.votes.at(0).channel, "mail");
    EXPECT_EQ(voted->next.votes.at(0).proof, Proof::link);
    for (const Verdict verdict : {Verdict::approve, Verdict::deny}) {
        event::Decide again = mailed;
        again.verdict = verdict;
        const auto refused = apply(terms(2), voted->next, again, kNow);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::conflict);
        EXPECT_NE(refused.error().message.find("alice approved at"), std::string::npos);
    }
    // Her token still takes it back, and another's link still counts.
    const event::Decide back{"alice", Verdict::deny, "", "api", Proof::token};
    EXPECT_EQ(apply(terms(2), voted->next, back, kNow)->effect, Effect::denied);
    const event::Decide bobs{"bob", Verdict::approve, "", "mail", Proof::link, "m2"};
    EXPECT_EQ(apply(terms(2), voted->next, bobs, kNow)->effect, Effect::approved);
}

TEST(ApprovalState, ADenialWinsAtOnceAndMindsMayChange) {
    const Terms two = terms(2);
    const auto voted = apply(two, standing(State::pending), by("alice", Verdict::approve), kNow);
    ASSERT_TRUE(voted);
    for (const char* who : {"alice", "bob"}) {
        const auto denied = apply(two, voted->next, by(who, Verdict::deny, "no"), kNow);
        ASSERT_TRUE(denied);
        EXPECT_EQ(denied->effect, Effect::denied);
        EXPECT_EQ(denied->next.execution, Execution::none);
    }
    const auto denied = apply(two, voted->next, by("alice", Verdict::deny), kNow);
    EXPECT_EQ(denied->next.votes.size(), 1U);
}

TEST(ApprovalState, ACallThatIsToStopNeverRunsAgain) {
    const auto told =
        apply(terms(1, true), standing(State::approved, Execution::executing), event::Stop{}, kNow);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->effect, Effect::stopping);
    EXPECT_TRUE(told->next.stopping);
    EXPECT_EQ(apply(terms(1, true), told->next, event::Stop{}, kNow)->effect, Effect::none);
    for (const Event& event : {Event(event::Lapse{}), Event(event::Release{"mine"})}) {
        const auto ended = apply(terms(1, true), told->next, event, kNow + 1min);
        ASSERT_TRUE(ended);
        EXPECT_EQ(ended->effect, Effect::stopped);
        EXPECT_EQ(ended->next.execution, Execution::failed);
        EXPECT_TRUE(is_final(ended->next));
    }
    // What ran to its end all the same says so, and stays cancelled for its caller.
    const auto done = apply(terms(), told->next, event::Finish{"mine", true}, kNow);
    EXPECT_EQ(done->next.execution, Execution::done);
    EXPECT_TRUE(done->next.stopping);
}

TEST(ApprovalState, ADetachedCallIsExecutedLikeAnApprovedOne) {
    const Standing waits = standing(State::detached, Execution::waiting);
    EXPECT_FALSE(is_final(waits));
    const auto claimed = apply(terms(), waits, event::Claim{"mine", 1min}, kNow);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->next.execution, Execution::executing);
    EXPECT_EQ(claimed->next.state, State::detached);
    const auto done = apply(terms(), claimed->next, event::Finish{"mine", true}, kNow);
    EXPECT_TRUE(is_final(done->next));
    EXPECT_FALSE(apply(terms(), waits, event::Decide{"bob", Verdict::approve, ""}, kNow));
}

TEST(ApprovalState, ErrorsSayHowItStands) {
    const auto late = apply(terms(), standing(State::denied), by("bob", Verdict::approve), kNow);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().message,
              "the approval was already denied by alice at " + format_time(kStart + 1min));
    const auto expired =
        apply(terms(), standing(State::pending), by("bob", Verdict::approve), kExpiry);
    EXPECT_EQ(expired.error().message, "the approval expired at " + format_time(kExpiry));
}

TEST(ApprovalState, NamesReadBack) {
    for (int i = 0; i <= static_cast<int>(State::detached); ++i) {
        EXPECT_EQ(parse_state(name(static_cast<State>(i))), static_cast<State>(i));
    }
    for (int i = 0; i <= static_cast<int>(Execution::unknown); ++i) {
        EXPECT_EQ(parse_execution(name(static_cast<Execution>(i))), static_cast<Execution>(i));
    }
    EXPECT_EQ(parse_verdict("approve"), Verdict::approve);
    EXPECT_EQ(parse_verdict("deny"), Verdict::deny);
    for (int i = 0; i <= static_cast<int>(Proof::local); ++i) {
        EXPECT_EQ(parse_proof(name(static_cast<Proof>(i))), static_cast<Proof>(i));
    }
    EXPECT_FALSE(parse_proof("password"));
    EXPECT_FALSE(parse_state("approve"));
    EXPECT_FALSE(parse_execution("running"));
    EXPECT_FALSE(parse_verdict(""));
}

}  // namespace
}  // namespace kimbap::approval
