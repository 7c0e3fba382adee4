#include "mcp/transport/line_channel.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "mcp/wakeup.hpp"

namespace kimbap::mcp {
namespace {

constexpr std::size_t kReadBytes = 64U << 10;
constexpr std::chrono::seconds kForever{3600};

}  // namespace

struct LineChannel::Flags {
    explicit Flags(int descriptor) : fd(descriptor), flags(::fcntl(descriptor, F_GETFL)) {}
    ~Flags() {
        if (flags != -1) ::fcntl(fd, F_SETFL, flags);
    }
    Flags(const Flags&) = delete;
    Flags& operator=(const Flags&) = delete;

    int fd;
    int flags;
};

LineChannel::LineChannel(asio::any_io_executor executor, int in_fd, int out_fd,
                         std::size_t max_line)
    : in_flags_(std::make_unique<Flags>(in_fd)),
      out_flags_(std::make_unique<Flags>(out_fd)),
      in_(executor, ::dup(in_fd)),
      out_(executor, ::dup(out_fd)),
      lines_(max_line),
      writer_ended_(std::make_shared<Wakeup>(executor)) {}

LineChannel::~LineChannel() = default;

void LineChannel::write_from(std::shared_ptr<Outbox> outbox, std::function<void()> broken) {
    outbox_ = std::move(outbox);
    broken_ = std::move(broken);
    writing_ = true;
    const auto executor = out_.get_executor();
    asio::co_spawn(executor, write(outbox_->attach(executor)),
                   [self = shared_from_this()](std::exception_ptr) {
                       self->writing_ = false;
                       self->broken_ = nullptr;
                       self->writer_ended_->notify();
                   });
}

Task<void> LineChannel::read(std::function<void(LineReader::Line)> receive) {
    const auto self = shared_from_this();
    const auto buffer = std::make_unique<std::array<char, kReadBytes>>();
    while (writing_ && !stopped_) {
        auto reading =
            in_.async_read_some(asio::buffer(*buffer), asio::as_tuple(asio::use_awaitable));
        const auto [error, size] = co_await std::move(reading);
        if (error) break;
        for (auto& line : lines_.feed({buffer->data(), size})) receive(std::move(line));
    }
    for (auto& line : lines_.finish()) receive(std::move(line));
}

void LineChannel::stop_reading() {
    stopped_ = true;
    boost::system::error_code ignored;
    in_.cancel(ignored);
}

Task<void> LineChannel::written() {
    const auto self = shared_from_this();
    while (writing_) {
        auto waiting = writer_ended_->wait(kForever);
        co_await std::move(waiting);
    }
}

Task<void> LineChannel::write(std::shared_ptr<Outbox::Reader> reader) {
    for (;;) {
        auto reading = reader->read(kForever);
        const auto batch = co_await std::move(reading);
        std::string text;
        for (const auto& event : batch.events) {
            text += *event.text;
            text += '\n';
        }
        if (!text.empty()) {
            auto writing =
                asio::async_write(out_, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
            const auto [error, size] = co_await std::move(writing);
            if (error) break;
        }
        if (batch.state == Outbox::State::finished) co_return;
        if (batch.state != Outbox::State::open) break;
    }
    // Nobody reads any more: whatever runs, runs for nobody.
    outbox_->finish();
    if (broken_) broken_();
    stop_reading();
}

}  // namespace kimbap::mcp
