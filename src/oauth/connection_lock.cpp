#include "oauth/connection_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kimbap::oauth {

namespace {

constexpr std::chrono::milliseconds kPause{15};

}  // namespace

Task<Result<ConnectionLock>> ConnectionLock::acquire(
    std::string folder, ConnectionId id, std::chrono::steady_clock::time_point deadline) {
    const std::string path = folder + "/" + id.text() + ".lock";
    ::mkdir(folder.c_str(), 0700);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        co_return make_error(Errc::storage_failure,
                             path + ": can't be opened (" + std::strerror(errno) + ")");
    }
    ConnectionLock lock(fd);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            co_return make_error(Errc::storage_failure,
                                 path + ": can't be locked (" + std::strerror(errno) + ")");
        }
        if (std::chrono::steady_clock::now() > deadline) {
            co_return make_error(Errc::timed_out,
                                 "another process has been changing the connection " + id.text() +
                                     " for too long (try again)");
        }
        timer.expires_after(kPause);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return std::move(lock);
}

ConnectionLock::ConnectionLock(ConnectionLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

ConnectionLock& ConnectionLock::operator=(ConnectionLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

ConnectionLock::~ConnectionLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace kimbap::oauth
