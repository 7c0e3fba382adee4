#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace kimbap::test {

/// tests/support/hostile_upstream.py: an API that repeats, redirects, splinters and stalls.
class HostileUpstream {
public:
    /// Over TLS with a certificate and key; without, over plain HTTP.
    explicit HostileUpstream(const std::string& certificate = "", const std::string& key = "")
        : tls_(!certificate.empty()), program_(arguments(certificate, key), {}) {
        std::istringstream ports(program_.read_line().value_or(""));
        ports >> port_ >> other_port_;
        if (port_ == 0) throw std::runtime_error("no hostile upstream: " + program_.errors());
    }

    [[nodiscard]] std::string url() const {
        return (tls_ ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_);
    }
    /// Another origin, where no credential must arrive.
    [[nodiscard]] std::string other_url() const {
        return "http://127.0.0.1:" + std::to_string(other_port_);
    }
    /// What was asked for at the other origin, a line each.
    [[nodiscard]] std::string heard_elsewhere() { return program_.output(); }

private:
    static std::vector<std::string> arguments(const std::string& certificate,
                                              const std::string& key) {
        std::vector<std::string> out{"/usr/bin/python3",
                                     KIMBAP_SOURCE_DIR "/tests/support/hostile_upstream.py"};
        if (!certificate.empty()) out.insert(out.end(), {certificate, key});
        return out;
    }

    bool tls_;
    Program program_;
    int port_ = 0;
    int other_port_ = 0;
};

}  // namespace kimbap::test
