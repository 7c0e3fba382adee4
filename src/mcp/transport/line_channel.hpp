#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <memory>

#include "async/task.hpp"
#include "mcp/outbox.hpp"
#include "mcp/transport/line_reader.hpp"

namespace kimbap::mcp {

class Wakeup;

/// A pair of file descriptors as a channel of messages, one a line: stdin and stdout. One thread.
/// The descriptors stay the caller's: they are duplicated, set non-blocking while the channel
/// lives, and get their flags back afterwards, since they are shared with whoever started the
/// process.
class LineChannel : public std::enable_shared_from_this<LineChannel> {
public:
    LineChannel(asio::any_io_executor executor, int in_fd, int out_fd, std::size_t max_line);
    ~LineChannel();

    /// Starts to write what is put into `outbox`. `broken` is called once where nobody reads any
    /// more; nothing is written then, and read() ends.
    void write_from(std::shared_ptr<Outbox> outbox, std::function<void()> broken);
    /// Gives every line to `receive` until the input ends, stop_reading() or the writer breaks.
    Task<void> read(std::function<void(LineReader::Line)> receive);
    void stop_reading();
    /// Waits until the finished outbox is written, or nobody reads it.
    Task<void> written();

private:
    struct Flags;
    Task<void> write(std::shared_ptr<Outbox::Reader> reader);

    std::unique_ptr<Flags> in_flags_;
    std::unique_ptr<Flags> out_flags_;
    asio::posix::stream_descriptor in_;
    asio::posix::stream_descriptor out_;
    LineReader lines_;
    std::shared_ptr<Outbox> outbox_;
    std::function<void()> broken_;
    std::shared_ptr<Wakeup> writer_ended_;
    bool writing_ = false;
    bool stopped_ = false;
};

}  // namespace kimbap::mcp
