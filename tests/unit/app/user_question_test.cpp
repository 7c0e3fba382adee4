#include "app/user_question.hpp"

#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"

namespace kimbap::app {
namespace {

namespace json = boost::json;
using pipeline::Answer;
using pipeline::CallResult;
using pipeline::Disposition;
using pipeline::Reply;
using ::testing::HasSubstr;

CallResult ended(Disposition disposition, std::string message = "") {
    CallResult out;
    out.disposition = disposition;
    out.message = std::move(message);
    return out;
}

struct UserQuestionTest : testing::Test {
    explicit UserQuestionTest(json::object capabilities = {{"elicitation", json::object{}}}) {
        auto profile = std::make_shared<mcp::ClientProfile>();
        profile->capabilities = std::move(capabilities);
        mcp::RequestContext::Parts parts;
        parts.client = std::move(profile);
        context.emplace(std::move(parts));
    }

    Reply ask(mcp::Inputs inputs, std::string binding = "b1") {
        question.emplace(*context, std::move(inputs), seal, clock, workers);
        boost::asio::io_context io;
        Reply reply = test::run_on(io, question->ask({"Go on?", std::move(binding)}));
        workers.wait_idle();
        return reply;
    }
    mcp::InputRequired wanted() {
        auto instead = question->instead_of(ended(Disposition::asked));
        return std::get<mcp::InputRequired>(instead.value());
    }
    static mcp::Inputs inputs(std::string state, const char* response) {
        return {{{"confirm", parse_json(response).value()}}, std::move(state)};
    }

    test::ManualClock clock;
    async::WorkerPool workers{1};
    QuestionSeal seal{[]() -> Result<Secret> { return Secret("key"); }};
    std::optional<mcp::RequestContext> context;
    std::optional<UserQuestion> question;
};

TEST_F(UserQuestionTest, AsksByAnEmptyForm) {
    EXPECT_EQ(ask({}).answer, Answer::asked);
    const mcp::InputRequired request = wanted();
    ASSERT_EQ(request.requests.size(), 1U);
    EXPECT_EQ(request.requests[0].key, "confirm");
    EXPECT_EQ(request.requests[0].method, "elicitation/create");
    EXPECT_EQ(to_json(request.requests[0].params),
              R"({"message":"Go on?","requestedSchema":{"type":"object","properties":{}}})");
    EXPECT_EQ(seal.check(request.state, "b1", clock.now()).value(), QuestionSeal::Verdict::good);
}

TEST_F(UserQuestionTest, TakesTheAnswerThatCameWithTheQuestionsState) {
    static_cast<void>(ask({}));
    const std::string state = wanted().state;
    const struct {
        const char* response;
        Answer answer;
    } rows[] = {
        {R"({"action":"accept","content":{}})", Answer::accepted},
        {R"({"action":"accept"})", Answer::accepted},
        {R"({"action":"decline"})", Answer::declined},
        {R"({"action":"cancel"})", Answer::dismissed},
        {R"({"action":"ACCEPT"})", Answer::invalid},
        {R"({"content":{}})", Answer::invalid},
        {R"([])", Answer::invalid},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(ask(inputs(state, row.response)).answer, row.answer) << row.response;
        const auto instead = question->instead_of(ended(Disposition::not_confirmed));
        EXPECT_EQ(instead.has_value(), row.answer == Answer::invalid) << row.response;
        EXPECT_FALSE(question->instead_of(ended(Disposition::succeeded)));
    }
}

TEST_F(UserQuestionTest, AnAnswerThatIsTooOldIsAskedForAnew) {
    static_cast<void>(ask({}));
    const mcp::Inputs late = inputs(wanted().state, R"({"action":"accept"})");
    clock.advance(QuestionSeal::kLife);
    EXPECT_EQ(ask(late).answer, Answer::asked);
    EXPECT_NE(wanted().state, *late.state);
}

TEST_F(UserQuestionTest, AnothersStateIsAnErrorOfTheProtocol) {
    static_cast<void>(ask({}));
    EXPECT_EQ(ask(inputs(wanted().state, R"({"action":"accept"})"), "b2").answer, Answer::invalid);
    const auto instead = question->instead_of(ended(Disposition::not_confirmed));
    EXPECT_EQ(std::get<mcp::ProtocolError>(instead.value()).code, mcp::code::kInvalidParams);
}

struct CannotAskTest : UserQuestionTest {
    CannotAskTest() : UserQuestionTest({{"elicitation", {{"url", json::object{}}}}}) {}
};

TEST_F(CannotAskTest, SaysWhichCapabilityIsMissingUnlessTheCallGoesOn) {
    const Reply reply = ask({});
    EXPECT_EQ(reply.answer, Answer::impossible);
    EXPECT_THAT(reply.why, HasSubstr("without: allow"));
    EXPECT_FALSE(question->instead_of(ended(Disposition::succeeded)));
    const auto instead = question->instead_of(ended(Disposition::not_confirmed, "Refused: why"));
    const auto& error = std::get<mcp::ProtocolError>(instead.value());
    EXPECT_EQ(error.code, mcp::code::kMissingCapability);
    EXPECT_EQ(error.message, "Refused: why");
    EXPECT_THAT(to_json(error.data.value()), HasSubstr("elicitation"));
}

}  // namespace
}  // namespace kimbap::app
