#include "support/upstream.hpp"

#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace kimbap::test {

std::string Received::header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
        if (::strcasecmp(key.c_str(), name.c_str()) == 0) return value;
    }
    return "";
}

struct Upstream::Impl {
    httplib::Server server;
    int port = 0;
    std::thread thread;
    mutable std::mutex mutex;
    std::vector<Received> requests;
};

Upstream::Upstream(Handler handler) : impl_(std::make_unique<Impl>()) {
    const auto serve = [this, handler = std::move(handler)](const httplib::Request& request,
                                                            httplib::Response& response) {
        Received received{request.method,
                          request.target,
                          {request.headers.begin(), request.headers.end()},
                          request.body};
        {
            const std::lock_guard lock(impl_->mutex);
            impl_->requests.push_back(received);
        }
        const Answer answer = handler(received);
        response.status = answer.status;
        for (const auto& [name, value] : answer.headers) response.set_header(name, value);
        response.set_content(answer.body, answer.type);
    };
    impl_->server.Get(".*", serve);
    impl_->server.Post(".*", serve);
    impl_->server.Put(".*", serve);
    impl_->server.Patch(".*", serve);
    impl_->server.Delete(".*", serve);
    impl_->server.Options(".*", serve);
    impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
    if (impl_->port <= 0) throw std::runtime_error("no free port for an upstream");
    impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
    while (!impl_->server.is_running()) std::this_thread::yield();
}

Upstream::~Upstream() {
    impl_->server.stop();
    impl_->thread.join();
}

std::string Upstream::url() const {
    return "http://127.0.0.1:" + std::to_string(impl_->port);
}

int Upstream::port() const {
    return impl_->port;
}

std::vector<Received> Upstream::requests() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->requests;
}

std::size_t Upstream::count() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->requests.size();
}

struct RawUpstream::Impl {
    int listener = -1;
    int port = 0;
    std::atomic<bool> stop{false};
    std::atomic<int> count{0};
    std::vector<int> open;
    std::thread thread;

    void serve(const std::string& bytes, bool keep_open) {
        while (!stop) {
            pollfd ready{listener, POLLIN, 0};
            if (::poll(&ready, 1, 20) <= 0) continue;
            const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (peer < 0) continue;
            std::string head;
            char buffer[4096];
            while (head.find("\r\n\r\n") == std::string::npos) {
                const ssize_t got = ::recv(peer, buffer, sizeof buffer, 0);
                if (got <= 0) break;
                head.append(buffer, static_cast<std::size_t>(got));
            }
            ++count;
            static_cast<void>(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL));
            if (keep_open) {
                open.push_back(peer);
            } else {
                ::shutdown(peer, SHUT_WR);
                ::close(peer);
            }
        }
        for (const int peer : open) ::close(peer);
    }
};

RawUpstream::RawUpstream(std::string bytes, bool keep_open) : impl_(std::make_unique<Impl>()) {
    impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(impl_->listener, generic, size) != 0 || ::listen(impl_->listener, 16) != 0 ||
        ::getsockname(impl_->listener, generic, &size) != 0) {
        throw std::runtime_error("no free port for an upstream");
    }
    impl_->port = ntohs(address.sin_port);
    impl_->thread = std::thread(
        [this, bytes = std::move(bytes), keep_open] { impl_->serve(bytes, keep_open); });
}

RawUpstream::~RawUpstream() {
    impl_->stop = true;
    impl_->thread.join();
    ::close(impl_->listener);
}

std::string RawUpstream::url() const {
    return "http://127.0.0.1:" + std::to_string(impl_->port);
}

int RawUpstream::count() const {
    return impl_->count;
}

}  // namespace kimbap::test
