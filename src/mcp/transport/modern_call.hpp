#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "mcp/context.hpp"
#include "mcp/outbox.hpp"
#include "mcp/running_calls.hpp"
#include "mcp/transport/exchange.hpp"

namespace kimbap::mcp {

class Wakeup;

/// The answer to a modern POST while its request runs. It starts as nothing; the first
/// notification, or the time that a plain answer may take, turns it into an event stream, and a
/// closed connection into the request's cancellation. The fast path costs one timer and no stream.
class ModernCall final : public CallChannel, public std::enable_shared_from_this<ModernCall> {
public:
    /// Exchange and call outlive the use of this object up to the end of finish().
    ModernCall(Exchange& exchange, RunningCall& call, asio::any_io_executor executor);

    /// Starts the clock.
    void arm();
    void notify(std::string message) override;
    /// Sends the answer, whichever form it takes by now, and ends it.
    Task<void> finish(int status, std::string body);

private:
    void watch_peer();
    void start_stream();
    Task<void> run_stream(std::shared_ptr<Outbox::Reader> reader);

    Exchange& exchange_;
    RunningCall& call_;
    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    const bool may_stream_;
    bool finishing_ = false;
    bool watching_ = false;
    std::shared_ptr<Outbox> outbox_;  ///< Null while no stream was started.
    std::shared_ptr<Wakeup> ended_;
    bool stream_ended_ = false;
    async::CancelToken::Registration peer_registration_;
};

}  // namespace kimbap::mcp
