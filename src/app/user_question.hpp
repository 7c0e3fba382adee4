#pragma once

#include <optional>
#include <string>
#include <variant>

#include "app/question_seal.hpp"
#include "async/worker_pool.hpp"
#include "mcp/context.hpp"
#include "mcp/types.hpp"
#include "pipeline/asker.hpp"
#include "pipeline/call.hpp"

namespace kimbap::app {

/// Asks the caller's user through the MCP client: elicitation in form mode, by an empty form, since
/// to accept, to decline and to dismiss it is all there is to answer (2026-07-28, Elicitation,
/// Response Actions). The question ends the call with InputRequired; the answer comes with the same
/// call, made again.
class UserQuestion final : public pipeline::Asker {
public:
    /// All outlive it. `inputs` are what came with the call.
    UserQuestion(const mcp::RequestContext& context, mcp::Inputs inputs, const QuestionSeal& seal,
                 const Clock& clock, async::WorkerPool& workers)
        : context_(context),
          inputs_(std::move(inputs)),
          seal_(seal),
          clock_(clock),
          workers_(workers) {}

    using Instead = std::variant<mcp::InputRequired, mcp::ProtocolError>;

    Task<pipeline::Reply> ask(pipeline::Question question) override;

    /// What the client gets in the place of a result: the question, or an error of the protocol.
    /// nullopt where `result` is for the model.
    [[nodiscard]] std::optional<Instead> instead_of(const pipeline::CallResult& result);

private:
    Task<pipeline::Reply> put(pipeline::Question question);

    const mcp::RequestContext& context_;
    mcp::Inputs inputs_;
    const QuestionSeal& seal_;
    const Clock& clock_;
    async::WorkerPool& workers_;
    std::optional<Instead> instead_;
    bool impossible_ = false;
};

/// For the kind of request that is answered: a ToolOutcome, or a ReadOutcome.
template <class Outcome>
[[nodiscard]] Outcome as(UserQuestion::Instead instead) {
    return std::visit([](auto&& one) -> Outcome { return std::move(one); }, std::move(instead));
}

}  // namespace kimbap::app
