#include "mcp/transport/stdio_transport.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/json_text.hpp"
#include "mcp/server.hpp"
#include "mcp/server_core.hpp"
#include "mcp/transport/line_reader.hpp"
#include "mcp/transport/stdio_peer.hpp"
#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::size_t kReadBytes = 64U << 10;
constexpr std::chrono::seconds kForever{3600};

/// Puts a descriptor's flags back: it is shared with whoever started the process.
class FlagsKeeper {
public:
    explicit FlagsKeeper(int fd) : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {}
    ~FlagsKeeper() {
        if (flags_ != -1) ::fcntl(fd_, F_SETFL, flags_);
    }
    FlagsKeeper(const FlagsKeeper&) = delete;
    FlagsKeeper& operator=(const FlagsKeeper&) = delete;

private:
    int fd_;
    int flags_;
};

}  // namespace

class StdioTransport::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(std::shared_ptr<ServerCore> core, PrincipalPtr principal, int in_fd, int out_fd)
        : core_(std::move(core)),
          principal_(std::move(principal)),
          in_fd_(in_fd),
          out_fd_(out_fd) {}

    Task<void> run() {
        const FlagsKeeper in_flags(in_fd_);
        const FlagsKeeper out_flags(out_fd_);
        auto executor = co_await asio::this_coro::executor;
        outbox_ = std::make_shared<Outbox>(core_->stream_bounds(0));
        peer_ = std::make_shared<StdioPeer>(core_, principal_, outbox_, executor);
        // Duplicates: the caller keeps its own, whatever becomes of these.
        in_ = std::make_unique<asio::posix::stream_descriptor>(executor, ::dup(in_fd_));
        out_ = std::make_unique<asio::posix::stream_descriptor>(executor, ::dup(out_fd_));
        writer_ended_ = std::make_shared<Wakeup>(executor);
        asio::co_spawn(executor, write_messages(outbox_->attach(executor)),
                       [self = shared_from_this()](std::exception_ptr) {
                           self->writing_ = false;
                           self->writer_ended_->notify();
                       });
        core_->changes.add(stopper_ = std::make_shared<Stopper>(executor, shared_from_this()));
        if (!core_->draining) {
            auto reading = read_messages();
            co_await std::move(reading);
        }
        core_->changes.remove(*stopper_);
        auto draining = peer_->drain();
        co_await std::move(draining);
        outbox_->finish();
        while (writing_) {
            auto waiting = writer_ended_->wait(kForever);
            co_await std::move(waiting);
        }
        boost::system::error_code ignored;
        in_->close(ignored);
        out_->close(ignored);
    }

private:
    /// Ends the reading when the server drains, which may happen on another thread.
    class Stopper final : public ChangeListener {
    public:
        Stopper(asio::any_io_executor executor, std::weak_ptr<Impl> transport)
            : executor_(std::move(executor)), transport_(std::move(transport)) {}
        void on_list_changed(ListKind) override {}
        void on_resource_updated(std::string_view) override {}
        void on_drain() override {
            asio::post(executor_, [weak = transport_] {
                boost::system::error_code ignored;
                if (const auto alive = weak.lock()) alive->in_->cancel(ignored);
            });
        }

    private:
        asio::any_io_executor executor_;
        std::weak_ptr<Impl> transport_;
    };

    Task<void> read_messages() {
        LineReader lines(core_->options.limits.max_line_bytes);
        const auto buffer = std::make_unique<std::array<char, kReadBytes>>();
        while (writing_) {
            auto reading =
                in_->async_read_some(asio::buffer(*buffer), asio::as_tuple(asio::use_awaitable));
            const auto [error, size] = co_await std::move(reading);
            if (error) break;
            for (auto& line : lines.feed({buffer->data(), size})) peer_->receive(std::move(line));
        }
        for (auto& line : lines.finish()) peer_->receive(std::move(line));
    }

    Task<void> write_messages(std::shared_ptr<Outbox::Reader> reader) {
        for (;;) {
            auto reading = reader->read(kForever);
            const auto batch = co_await std::move(reading);
            std::string text;
            for (const auto& event : batch.events) {
                text += *event.text;
                text += '\n';
            }
            if (!text.empty()) {
                auto writing = asio::async_write(*out_, asio::buffer(text),
                                                 asio::as_tuple(asio::use_awaitable));
                const auto [error, size] = co_await std::move(writing);
                if (error) break;
            }
            if (batch.state == Outbox::State::finished) co_return;
        }
        // Nobody reads any more: whatever runs, runs for nobody.
        outbox_->finish();
        peer_->cancel_all();
        boost::system::error_code ignored;
        in_->cancel(ignored);
    }

    const std::shared_ptr<ServerCore> core_;
    const PrincipalPtr principal_;
    const int in_fd_;
    const int out_fd_;
    std::unique_ptr<asio::posix::stream_descriptor> in_;
    std::unique_ptr<asio::posix::stream_descriptor> out_;
    std::shared_ptr<Outbox> outbox_;
    std::shared_ptr<StdioPeer> peer_;
    std::shared_ptr<Stopper> stopper_;
    std::shared_ptr<Wakeup> writer_ended_;
    bool writing_ = true;
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
