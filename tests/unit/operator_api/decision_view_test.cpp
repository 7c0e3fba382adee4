#include "operator_api/decision_view.hpp"

#include <gmock/gmock.h>

#include "base/digest.hpp"
#include "base/encoding.hpp"

namespace kimbap::operator_api {
namespace {

using namespace std::chrono_literals;
using approval::Execution;
using approval::Proof;
using approval::State;
using approval::Verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kAsked = *parse_time("2026-11-23T12:00:00Z");

approval::Approval sample() {
    approval::Approval out;
    out.id = "apr_1";
    out.caller = {"support-bot", "tok_1", {"support"}, "claude-code"};
    out.action = "stripe.create-refund";
    out.risk = "high";
    out.parameters = {{"amount", 9900}, {"note", "for the broken cup"}};
    out.rule = "refunds-need-a-human";
    out.created_at = kAsked;
    out.expires_at = kAsked + 30min;
    return out;
}

std::string shown(const approval::Approval& approval, std::string_view refusal = "") {
    return decision_html({approval, "alice", refusal, kAsked + 5min});
}

TEST(DecisionView, ShowsWhatIsDecidedOnAndAsksForIt) {
    EXPECT_THAT(
        shown(sample()),
        AllOf(HasSubstr("<h1>stripe.create-refund</h1>"), HasSubstr("high risk"), HasSubstr("9900"),
              HasSubstr("for the broken cup"), HasSubstr("<strong>support-bot</strong> (support)"),
              HasSubstr("tok_1"), HasSubstr("claude-code"), HasSubstr("refunds-need-a-human"),
              HasSubstr("2026-11-23 12:30 UTC (in 25 minutes)")));
    EXPECT_THAT(shown(sample()),
                AllOf(HasSubstr("You decide as <strong>alice</strong>"),
                      HasSubstr("<form method=\"post\">"), HasSubstr("value=\"approve\""),
                      HasSubstr("value=\"deny\""), HasSubstr("width=device-width")));
}

TEST(DecisionView, MarkupOfAnAgentIsText) {
    approval::Approval nasty = sample();
    const std::string markup = "</pre><form action=\"https://evil.example\"><script>x</script>";
    nasty.parameters = {{markup, markup}, {"nested", {{"deep", markup}}}};
    nasty.caller.agent = markup;
    nasty.caller.roles = {markup};
    nasty.caller.client = markup;
    nasty.rule = markup;
    nasty.standing.votes = {{markup, Verdict::approve, markup, kAsked, markup, Proof::link}};
    const std::string html = shown(nasty, markup);
    EXPECT_THAT(html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("action=\"")),
                            HasSubstr("&lt;script&gt;")));
}

TEST(DecisionView, LongParametersAreShortenedWithADigest) {
    approval::Approval large = sample();
    const std::string text(1'000'000, 'x');
    large.parameters = {{"body", text}};
    for (int i = 0; i < 100; ++i) large.parameters["p" + std::to_string(i)] = text;
    const std::string html = shown(large);
    EXPECT_LT(html.size(), 64U << 10);
    EXPECT_THAT(html, AllOf(HasSubstr("1000000 bytes in all"), HasSubstr(sha256_hex(text)),
                            HasSubstr("kimbap approval show apr_1"), HasSubstr("And 61 more")));
    // A cut doesn't go through a character.
    std::string wide = "a";
    for (int i = 0; i < 400; ++i) wide += "€";
    large.parameters = {{"body", wide}};
    EXPECT_TRUE(is_utf8(shown(large)));
    EXPECT_THAT(shown(large), Not(HasSubstr("\uFFFD")));
}

TEST(DecisionView, WhoMayNotDecideIsToldWhyAndGetsNoButtons) {
    EXPECT_THAT(shown(sample(), "ask another operator"),
                AllOf(HasSubstr("ask another operator"), Not(HasSubstr("<form"))));
}

TEST(DecisionView, ShowsTheVotesSoFar) {
    approval::Approval half = sample();
    half.required = 2;
    half.standing.votes = {{"bob", Verdict::approve, "seen", kAsked + 1min, "api", Proof::token}};
    EXPECT_THAT(shown(half),
                AllOf(HasSubstr("1 of 2 operators approved"),
                      HasSubstr("<strong>bob</strong> approved at 2026-11-23 12:01"),
                      HasSubstr("(api, by token)"), HasSubstr("seen"), HasSubstr("<form")));
}

TEST(DecisionView, AfterwardsShowsTheOutcome) {
    struct Case {
        State state;
        Execution execution;
        std::string_view told;
        bool running;
    };
    for (const Case& test : {Case{State::denied, Execution::none, "Denied", false},
                             Case{State::expired, Execution::none, "Expired", false},
                             Case{State::withdrawn, Execution::none, "Withdrawn", false},
                             Case{State::approved, Execution::waiting, "about to run", true},
                             Case{State::approved, Execution::executing, "is running", true},
                             Case{State::approved, Execution::done, "ran and succeeded", false},
                             Case{State::approved, Execution::failed, "failed", false},
                             Case{State::approved, Execution::unknown, "unknown", false}}) {
        approval::Approval decided = sample();
        decided.standing.state = test.state;
        decided.standing.execution = test.execution;
        const std::string html = shown(decided);
        EXPECT_THAT(html, AllOf(HasSubstr(test.told), Not(HasSubstr("<form")))) << test.told;
        EXPECT_EQ(html.find("http-equiv=\"refresh\"") != std::string::npos, test.running);
    }
}

TEST(DecisionView, ThePolicyAllowsItsOwnStyleAlone) {
    const std::string html = message_html("No", "<b>why</b>");
    EXPECT_THAT(html, HasSubstr("&lt;b&gt;why&lt;/b&gt;"));
    const std::size_t begin = html.find("<style>") + 7;
    const std::string style = html.substr(begin, html.find("</style>") - begin);
    EXPECT_THAT(content_security_policy(),
                AllOf(HasSubstr("'sha256-" + base64_encode(bytes_of(sha256(style))) + "'"),
                      HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"),
                      HasSubstr("form-action 'self'"), Not(HasSubstr("unsafe"))));
}

}  // namespace
}  // namespace kimbap::operator_api
