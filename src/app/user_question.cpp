#include "app/user_question.hpp"

#include <utility>

#include "mcp/options.hpp"

namespace kimbap::app {

namespace {

namespace json = boost::json;
using pipeline::Answer;
using pipeline::Disposition;
using pipeline::Reply;

static_assert(QuestionSeal::kLife > mcp::Limits{}.input_timeout);

/// Of the request among the call's inputs.
constexpr std::string_view kKey = "confirm";

mcp::InputRequired wanted(std::string message, std::string state) {
    json::object params{
        {"message", std::move(message)},
        {"requestedSchema", json::object{{"type", "object"}, {"properties", json::object{}}}}};
    mcp::InputRequired out;
    out.requests.push_back({std::string(kKey), "elicitation/create", std::move(params)});
    out.state = std::move(state);
    return out;
}

std::optional<Answer> answer_in(const json::value& response) {
    const json::object* const object = response.if_object();
    const json::value* const action = object == nullptr ? nullptr : object->if_contains("action");
    if (action == nullptr) return std::nullopt;
    if (*action == "accept") return Answer::accepted;
    if (*action == "decline") return Answer::declined;
    if (*action == "cancel") return Answer::dismissed;
    return std::nullopt;
}

}  // namespace

Task<Reply> UserQuestion::put(pipeline::Question question) {
    auto sealing = workers_.run([&seal = seal_, binding = std::move(question.binding),
                                 now = clock_.now()] { return seal.make(binding, now); });
    auto state = co_await std::move(sealing);
    if (!state) co_return Reply{Answer::impossible, state.error().message};
    instead_ = wanted(std::move(question.message), std::move(*state));
    co_return Reply{Answer::asked};
}

Task<Reply> UserQuestion::ask(pipeline::Question question) {
    if (!context_.client_supports("elicitation.form")) {
        impossible_ = true;
        co_return Reply{Answer::impossible,
                        "this client did not declare the capability elicitation (form mode), by "
                        "which users are asked. Use a client that does, or have an operator say "
                        "`without: allow` under the action's `confirm`."};
    }
    const json::value* const response = inputs_.responses.if_contains(kKey);
    if (!inputs_.state) {
        auto putting = put(std::move(question));
        co_return co_await std::move(putting);
    }
    auto checking =
        workers_.run([&seal = seal_, &state = *inputs_.state, &binding = question.binding,
                      now = clock_.now()] { return seal.check(state, binding, now); });
    const auto verdict = co_await std::move(checking);
    if (!verdict) co_return Reply{Answer::impossible, verdict.error().message};
    if (*verdict == QuestionSeal::Verdict::foreign) {
        Reply refused{Answer::invalid,
                      "requestState is not the one that came with the question to this call's "
                      "user: it was changed, belongs to another caller or other arguments, or the "
                      "action was changed meanwhile. Call again without inputResponses and "
                      "requestState."};
        instead_ = mcp::invalid_params(refused.why);
        co_return refused;
    }
    if (*verdict == QuestionSeal::Verdict::lapsed || response == nullptr) {
        auto putting = put(std::move(question));
        co_return co_await std::move(putting);
    }
    if (const auto answer = answer_in(*response)) co_return Reply{*answer};
    Reply refused{Answer::invalid,
                  "inputResponses.confirm.action must be accept, decline or cancel."};
    instead_ = mcp::invalid_params(refused.why);
    co_return refused;
}

std::optional<UserQuestion::Instead> UserQuestion::instead_of(const pipeline::CallResult& result) {
    if (result.disposition == Disposition::asked) return std::move(instead_);
    if (result.disposition != Disposition::not_confirmed) return std::nullopt;
    if (instead_) return std::move(instead_);
    if (!impossible_) return std::nullopt;
    auto error = mcp::missing_capability({{"elicitation", json::object{}}});
    error.message = result.message;
    return error;
}

}  // namespace kimbap::app
