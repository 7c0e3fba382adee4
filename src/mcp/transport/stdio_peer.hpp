#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "mcp/context.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/session.hpp"
#include "mcp/methods/method.hpp"
#include "mcp/modern/request.hpp"
#include "mcp/modern/subscription.hpp"
#include "mcp/outbox.hpp"
#include "mcp/transport/line_reader.hpp"

namespace kimbap::mcp {

class ServerCore;
class Wakeup;

/// The client of a message stream that both eras share: takes its lines, serves several requests at
/// once, and puts everything for it into one outbox. One thread.
class StdioPeer : public std::enable_shared_from_this<StdioPeer> {
public:
    StdioPeer(std::shared_ptr<ServerCore> core, PrincipalPtr principal,
              std::shared_ptr<Outbox> outbox, asio::any_io_executor executor);

    void receive(LineReader::Line line);
    /// The input ended: ends subscriptions, lets what runs finish within a limit, then cancels it.
    Task<void> drain();
    void cancel_all();

private:
    void receive_message(json::value&& value);
    void receive_modern(Message&& message);
    void receive_cancelled(const Message& message);
    void fail(const std::string& id, const ProtocolError& error);
    [[nodiscard]] std::optional<ProtocolError> admit(const std::string& id) const;

    Task<void> serve_legacy(Message message);
    Task<void> serve_modern(modern::Request request, Method method);
    Task<void> serve_listen(modern::Request request);
    void start(Task<void> work);

    const std::shared_ptr<ServerCore> core_;
    const PrincipalPtr principal_;
    const std::shared_ptr<Outbox> outbox_;
    const asio::any_io_executor executor_;
    const std::shared_ptr<legacy::Session> session_;
    const std::shared_ptr<Wakeup> changed_;
    std::map<std::string, RunningCall*> calls_;  ///< Modern ones; legacy ones are the session's.
    std::map<std::string, std::shared_ptr<modern::Subscription>> subscriptions_;
    std::size_t running_ = 0;
};

}  // namespace kimbap::mcp
