#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mcp/server.hpp"
#include "mcp/transport/http_transport.hpp"
#include "unit/mcp/support/fake_providers.hpp"

namespace kimbap::mcp::test {

/// What a handler answered, as it came.
class FakeWriter final : public net::ResponseWriter {
public:
    Task<Result<void>> send(net::HttpResponse response) override;
    Task<Result<void>> begin_stream(net::http::status status, std::string_view content_type,
                                    net::Headers headers) override;
    Task<Result<void>> write(std::string_view bytes) override;
    Task<Result<void>> end() override;
    async::CancelToken peer_closed() override { return peer.token(); }
    bool answered() const noexcept override { return response.has_value() || streaming; }

    std::optional<net::HttpResponse> response;
    bool streaming = false;
    int stream_status = 0;
    net::Headers stream_headers;
    std::string stream;
    bool ended = false;
    bool peer_watched = false;
    async::CancelSource peer;
};

/// One request under way.
struct Sent {
    net::HttpRequest request;
    FakeWriter writer;
    bool done = false;

    [[nodiscard]] int status() const;
    /// The JSON body.
    [[nodiscard]] json::value body() const;
    [[nodiscard]] std::string header(std::string_view name) const;
    /// The data of each event of the stream, in order, empty ones left out.
    [[nodiscard]] std::vector<json::value> events() const;
};

/// Tokens "a" and "b" are two principals; "revoked" ones are refused.
class FakeAuthenticator final : public Authenticator {
public:
    Task<AuthOutcome> authenticate(const net::HttpRequest& request) override;
    Task<bool> still_valid(PrincipalPtr principal) override;
    std::set<std::string> revoked;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// A server with fake providers, driven through HttpTransport without sockets.
class HttpHarness {
public:
    explicit HttpHarness(ServerOptions options = default_options(), HttpOptions http = {});
    ~HttpHarness();

    static ServerOptions default_options();

    /// Starts a request and runs until it is answered whole, or stands still.
    /// Sent with every request, besides a header of the same name.
    HeaderList repeated;
    Sent& send(net::http::verb method, std::string target, std::string body, HeaderList headers);
    Sent& post(std::string body, HeaderList headers = {});
    /// A modern request with its metadata and headers in place.
    Sent& modern(std::string method, std::string params = "{}", std::string capabilities = "{}",
                 HeaderList headers = {});
    /// Initializes a legacy session; its identifier.
    std::string initialize(std::string revision = "2025-11-25", std::string capabilities = "{}",
                           std::string token = "a");
    Sent& legacy(const std::string& session, std::string body, HeaderList headers = {});
    Sent& get(const std::string& session, HeaderList headers = {});

    /// Runs the loop until `condition` holds; false after a few seconds.
    bool run_until(const std::function<bool()>& condition);
    /// Runs what is ready.
    void settle();

    asio::io_context context;
    FakeTools tools;
    FakePrompts prompts;
    FakeResources resources;
    FakeCompletions completions;
    FakeAuthenticator authenticator;
    Server server;
    HttpTransport transport;

private:
    std::deque<std::unique_ptr<Sent>> sent_;
};

}  // namespace kimbap::mcp::test
