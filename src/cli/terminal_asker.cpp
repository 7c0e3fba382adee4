#include "cli/terminal_asker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "base/terminal.hpp"
#include "base/text.hpp"

namespace kimbap::cli {

namespace {

namespace asio = boost::asio;
using pipeline::Answer;
using pipeline::Reply;

/// More than anybody types to say yes or no.
constexpr std::size_t kMaxLine = 4096;

Answer answer_of(std::string_view line) {
    const std::string word = to_lower(trim(line));
    return word == "y" || word == "yes" ? Answer::accepted : Answer::declined;
}

}  // namespace

Task<Reply> TerminalAsker::ask(pipeline::Question question) {
    if (yes_) co_return Reply{Answer::accepted};
    const auto executor = co_await asio::this_coro::executor;
    // Opened anew: what Asio does to a descriptor would outlast this process on standard input.
    const int descriptor = has_terminal() ? ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (descriptor < 0) {
        co_return Reply{Answer::impossible,
                        "there is no terminal to ask on. Say --yes if you mean it."};
    }
    asio::posix::stream_descriptor terminal(executor, descriptor);
    const auto registration = cancel_.on_cancel([&terminal] {
        boost::system::error_code ignored;
        terminal.cancel(ignored);
    });
    asking_();
    const auto token = asio::as_tuple(asio::use_awaitable);
    const std::string prompt = question.message + " [y/N] ";
    auto writing = asio::async_write(terminal, asio::buffer(prompt), token);
    static_cast<void>(co_await std::move(writing));
    std::string typed;
    auto reading =
        asio::async_read_until(terminal, asio::dynamic_buffer(typed, kMaxLine), '\n', token);
    const auto [error, size] = co_await std::move(reading);
    if (error) {
        co_return Reply{Answer::dismissed};
    }
    co_return Reply{answer_of(std::string_view(typed).substr(0, size))};
}

}  // namespace kimbap::cli
