#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "async/cancellation.hpp"
#include "async/task.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/outbox.hpp"
#include "mcp/types.hpp"

namespace kimbap::mcp {
class Wakeup;
}

namespace kimbap::mcp::legacy {

/// Requests from the server to a legacy client that wait for their answer. Answers may arrive on
/// any thread; whoever asked waits on its own.
class Questions {
public:
    /// Sends every request of `wanted` through `outbox` and waits for all answers: results by key.
    /// Errors: the client answered one with an error, `limit` passed, or `cancel` fired (the client
    /// is then told by notifications/cancelled).
    Task<std::variant<json::object, ProtocolError>> ask(const InputRequired& wanted,
                                                        std::shared_ptr<Outbox> outbox,
                                                        async::CancelToken cancel,
                                                        std::chrono::milliseconds limit);

    /// Hands a response to whoever waits for it; false where nobody does.
    bool answer(Message&& response);
    /// Fails all that wait: the client is gone.
    void close();

private:
    struct Question {
        std::shared_ptr<Wakeup> wakeup;
        std::optional<json::value> result;
        std::optional<ProtocolError> error;
    };
    using QuestionPtr = std::shared_ptr<Question>;

    std::string add(const QuestionPtr& question);
    void forget(const std::string& id);
    [[nodiscard]] bool answered(const Question& question);

    std::mutex mutex_;  ///< Also guards the answers in the questions.
    std::map<std::string, QuestionPtr> waiting_;
    std::uint64_t next_ = 1;
    bool closed_ = false;
};

}  // namespace kimbap::mcp::legacy
