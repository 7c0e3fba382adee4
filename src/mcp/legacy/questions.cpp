#include "mcp/legacy/questions.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "mcp/wakeup.hpp"

namespace kimbap::mcp::legacy {

std::string Questions::add(const QuestionPtr& question) {
    const std::lock_guard lock(mutex_);
    auto id = std::to_string(next_++);
    if (closed_) {
        question->error = ProtocolError{code::kInternalError, "The client is gone", {}};
    } else {
        waiting_.emplace(id, question);
    }
    return id;
}

void Questions::forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(id);
}

bool Questions::answered(const Question& question) {
    const std::lock_guard lock(mutex_);
    return question.result || question.error;
}

bool Questions::answer(Message&& response) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(response.id);
    if (found == waiting_.end()) return false;
    const auto question = std::move(found->second);
    waiting_.erase(found);
    question->result = std::move(response.result);
    question->error = std::move(response.error);
    question->wakeup->notify();
    return true;
}

void Questions::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [id, question] : waiting_) {
        question->error = ProtocolError{code::kInternalError, "The client is gone", {}};
        question->wakeup->notify();
    }
    waiting_.clear();
}

Task<std::variant<json::object, ProtocolError>> Questions::ask(const InputRequired& wanted,
                                                               std::shared_ptr<Outbox> outbox,
                                                               async::CancelToken cancel,
                                                               std::chrono::milliseconds limit) {
    auto executor = co_await asio::this_coro::executor;
    const auto wakeup = std::make_shared<Wakeup>(std::move(executor));
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const auto registration = cancel.on_cancel([wakeup] { wakeup->notify(); });

    struct Asked {
        const InputRequired::Request* request;
        std::string id;
        QuestionPtr question;
    };
    std::vector<Asked> asked;
    for (const auto& request : wanted.requests) {
        auto question = std::make_shared<Question>();
        question->wakeup = wakeup;
        auto id = add(question);
        outbox->push(request_text(id, request.method, request.params), Outbox::Kind::question);
        asked.push_back({&request, std::move(id), std::move(question)});
    }

    json::object answers;
    std::optional<ProtocolError> failure;
    for (auto& one : asked) {
        while (!failure && !answered(*one.question)) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            if (cancel.cancelled() || left.count() <= 0) {
                failure = ProtocolError{
                    code::kInternalError, "The client did not answer " + one.request->method, {}};
                break;
            }
            auto waiting = wakeup->wait(left);
            co_await std::move(waiting);
        }
        if (failure) {
            forget(one.id);
            if (answered(*one.question)) continue;
            outbox->push(notification("notifications/cancelled", R"({"requestId":)" + one.id + "}"),
                         Outbox::Kind::droppable);
            continue;
        }
        if (one.question->error) {
            failure = ProtocolError{code::kInternalError,
                                    "The client failed to answer " + one.request->method + ": " +
                                        one.question->error->message,
                                    {}};
            continue;
        }
        answers[one.request->key] = std::move(*one.question->result);
    }
    if (failure) co_return std::move(*failure);
    co_return answers;
}

}  // namespace kimbap::mcp::legacy
