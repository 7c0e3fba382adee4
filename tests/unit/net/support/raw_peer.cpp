#include "unit/net/support/raw_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace kimbap::net::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("raw peer: " + what);
}

std::string field(const std::string& head, std::string_view name) {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(start);
    if (at == std::string::npos) return {};
    const std::size_t from = at + start.size();
    return head.substr(from, head.find("\r\n", from) - from);
}

}  // namespace

int RawMessage::status() const {
    return head.size() < 12 ? 0 : std::atoi(head.c_str() + 9);
}

RawPeer RawPeer::connect(std::uint16_t port) {
    RawPeer peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(peer.descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        fail("can't connect");
    }
    return peer;
}

RawPeer RawPeer::connect_unix(const std::string& path) {
    RawPeer peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    if (::connect(peer.descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        fail("can't connect to " + path);
    }
    return peer;
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), input_(std::move(other.input_)) {}

bool RawPeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawPeer::readable(int millis) const {
    pollfd poll{descriptor_, POLLIN, 0};
    return ::poll(&poll, 1, millis) > 0;
}

bool RawPeer::fill() {
    if (!readable(kPatienceMillis)) fail("nothing arrives; so far: " + input_.substr(0, 500));
    std::array<char, 16384> buffer{};
    const auto got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    input_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

std::string RawPeer::take(std::size_t count) {
    std::string out = input_.substr(0, count);
    input_.erase(0, count);
    return out;
}

std::string RawPeer::read_until(std::string_view needle) {
    for (;;) {
        const std::size_t at = input_.find(needle);
        if (at != std::string::npos) return take(at + needle.size());
        if (!fill()) fail("the connection ended; so far: " + input_.substr(0, 500));
    }
}

void RawPeer::read_chunks(RawMessage& message) {
    message.chunked = true;
    for (;;) {
        const std::string line = read_until("\r\n");
        const auto size = static_cast<std::size_t>(std::strtoul(line.c_str(), nullptr, 16));
        while (input_.size() < size + 2) {
            if (!fill()) fail("the connection ended in a chunk");
        }
        message.body += take(size);
        if (take(2) != "\r\n") fail("a chunk without its CRLF");
        if (size == 0) return;
    }
}

RawMessage RawPeer::read_message(bool bodiless) {
    RawMessage message;
    while (input_.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) return message;
    }
    message.head = read_until("\r\n\r\n");
    message.head.resize(message.head.size() - 2);
    const int status = message.status();
    if (bodiless || status == 204 || status == 304 || status / 100 == 1) return message;
    if (field(message.head, "Transfer-Encoding") == "chunked") {
        read_chunks(message);
        return message;
    }
    const std::string length = field(message.head, "Content-Length");
    if (length.empty() && !message.head.starts_with("HTTP/")) return message;  // a request
    if (length.empty()) {
        message.body = read_to_end();
        return message;
    }
    const auto size = static_cast<std::size_t>(std::strtoul(length.c_str(), nullptr, 10));
    message.body = read_exactly(size);
    return message;
}

std::string RawPeer::read_some() {
    if (input_.empty()) fill();
    return take(input_.size());
}

bool RawPeer::discard_until_idle() {
    constexpr int kMomentMillis = 30;
    int patience = kPatienceMillis;
    while (readable(patience)) {
        std::array<char, 16384> buffer{};
        if (::recv(descriptor_, buffer.data(), buffer.size(), 0) <= 0) return false;
        patience = kMomentMillis;
    }
    return true;
}

std::string RawPeer::read_exactly(std::size_t count) {
    while (input_.size() < count) {
        if (!fill()) fail("the connection ended too early");
    }
    return take(count);
}

std::string RawPeer::read_to_end() {
    while (fill()) {
    }
    return take(input_.size());
}

bool RawPeer::silent_for(int millis) {
    return input_.empty() && !readable(millis);
}

void RawPeer::half_close() {
    ::shutdown(descriptor_, SHUT_WR);
}

void RawPeer::reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
}

void RawPeer::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void RawPeer::shrink_receive_buffer() {
    const int size = 4096;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

}  // namespace kimbap::net::test
