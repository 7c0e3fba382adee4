#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kimbap::test {

/// One request as an upstream got it.
struct Received {
    std::string method;
    std::string target;  ///< Path and query.
    std::multimap<std::string, std::string> headers{};
    std::string body;
    [[nodiscard]] std::string header(const std::string& name) const;
};

struct Answer {
    int status = 200;
    std::string body = "{}";
    std::string type = "application/json";
    std::multimap<std::string, std::string> headers{};
};

/// An HTTP API on a free loopback port that answers as the test says and remembers its requests.
class Upstream {
public:
    using Handler = std::function<Answer(const Received&)>;
    explicit Upstream(Handler handler = [](const Received&) { return Answer{}; });
    ~Upstream();

    [[nodiscard]] std::string url() const;
    [[nodiscard]] int port() const;
    [[nodiscard]] std::vector<Received> requests() const;
    [[nodiscard]] std::size_t count() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A TCP server that answers every connection's first request with these bytes, however wrong, then
/// closes it (or keeps it open and silent).
class RawUpstream {
public:
    explicit RawUpstream(std::string bytes, bool keep_open = false);
    ~RawUpstream();
    [[nodiscard]] std::string url() const;
    [[nodiscard]] int count() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace kimbap::test
