#include "unit/net/support/scripted_upstream.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace kimbap::net::test {

ScriptedUpstream::ScriptedUpstream(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("scripted upstream: can't listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedUpstream::ScriptedUpstream(std::string answer)
    : ScriptedUpstream(Script([this, answer = std::move(answer)](RawPeer& peer, int) {
          for (;;) {
              const RawMessage request = peer.read_message();
              if (request.head.empty()) return;
              {
                  const std::lock_guard lock(mutex_);
                  requests_.push_back(request.head + "\r\n" + request.body);
              }
              peer.send(answer);
          }
      })) {}

ScriptedUpstream::~ScriptedUpstream() {
    ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
    acceptor_.join();
    ::close(listener_);
    for (std::thread& script : scripts_) script.join();
}

std::vector<std::string> ScriptedUpstream::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void ScriptedUpstream::accept_loop() {
    for (;;) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) return;
        const int nth = connections_++;
        scripts_.emplace_back([this, descriptor, nth] {
            RawPeer peer(descriptor);
            try {
                script_(peer, nth);
            } catch (const std::exception& error) {
                ADD_FAILURE() << "the upstream's script: " << error.what();
            }
        });
    }
}

}  // namespace kimbap::net::test
