#include "mcp/transport/stdio_transport.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mcp/server.hpp"
#include "mcp/server_core.hpp"
#include "mcp/transport/line_channel.hpp"
#include "mcp/transport/stdio_peer.hpp"

namespace kimbap::mcp {

class StdioTransport::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(std::shared_ptr<ServerCore> core, PrincipalPtr principal, int in_fd, int out_fd)
        : core_(std::move(core)),
          principal_(std::move(principal)),
          in_fd_(in_fd),
          out_fd_(out_fd) {}

    Task<void> run() {
        auto executor = co_await asio::this_coro::executor;
        const auto outbox = std::make_shared<Outbox>(core_->stream_bounds(0));
        const auto peer = std::make_shared<StdioPeer>(core_, principal_, outbox, executor);
        const auto channel = std::make_shared<LineChannel>(executor, in_fd_, out_fd_,
                                                           core_->options.limits.max_line_bytes);
        channel->write_from(outbox, [peer] { peer->cancel_all(); });
        const auto stopper = std::make_shared<Stopper>(executor, channel);
        core_->changes.add(stopper);
        if (!core_->draining) {
            auto reading =
                channel->read([&peer](LineReader::Line line) { peer->receive(std::move(line)); });
            co_await std::move(reading);
        }
        core_->changes.remove(*stopper);
        auto draining = peer->drain();
        co_await std::move(draining);
        outbox->finish();
        auto writing = channel->written();
        co_await std::move(writing);
    }

private:
    /// Ends the reading when the server drains, which may happen on another thread.
    class Stopper final : public ChangeListener {
    public:
        Stopper(asio::any_io_executor executor, std::weak_ptr<LineChannel> channel)
            : executor_(std::move(executor)), channel_(std::move(channel)) {}
        void on_list_changed(ListKind) override {}
        void on_resource_updated(std::string_view) override {}
        void on_drain() override {
            asio::post(executor_, [weak = channel_] {
                if (const auto alive = weak.lock()) alive->stop_reading();
            });
        }

    private:
        asio::any_io_executor executor_;
        std::weak_ptr<LineChannel> channel_;
    };

    const std::shared_ptr<ServerCore> core_;
    const PrincipalPtr principal_;
    const int in_fd_;
    const int out_fd_;
};

StdioTransport::StdioTransport(Server& server, PrincipalPtr principal, int in_fd, int out_fd)
    : impl_(std::make_shared<Impl>(server.core(), std::move(principal), in_fd, out_fd)) {}

StdioTransport::~StdioTransport() = default;

Task<void> StdioTransport::run() {
    const auto impl = impl_;
    auto running = impl->run();
    co_await std::move(running);
}

}  // namespace kimbap::mcp
