#include "unit/mcp/support/http_harness.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <stdexcept>

#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::mcp::test {

Task<Result<void>> FakeWriter::send(net::HttpResponse sent) {
    response = std::move(sent);
    co_return Result<void>();
}

Task<Result<void>> FakeWriter::begin_stream(net::http::status status, std::string_view,
                                            net::Headers headers) {
    streaming = true;
    stream_headers = std::move(headers);
    stream_status = static_cast<int>(status);
    co_return Result<void>();
}

Task<Result<void>> FakeWriter::write(std::string_view bytes) {
    if (peer.cancelled()) co_return make_error(Errc::unavailable, "the peer is gone");
    stream += bytes;
    co_return Result<void>();
}

Task<Result<void>> FakeWriter::end() {
    ended = true;
    co_return Result<void>();
}

int Sent::status() const {
    if (writer.response) return static_cast<int>(writer.response->status);
    return writer.stream_status;
}

json::value Sent::body() const {
    if (!writer.response) throw std::runtime_error("no body: " + writer.stream);
    auto parsed = parse_json(writer.response->body);
    if (!parsed) throw std::runtime_error("not JSON: " + writer.response->body);
    return std::move(*parsed);
}

std::string Sent::header(std::string_view name) const {
    return std::string((writer.response ? writer.response->headers : writer.stream_headers)[name]);
}

std::vector<json::value> Sent::events() const {
    std::vector<json::value> events;
    std::size_t position = 0;
    while ((position = writer.stream.find("data: ", position)) != std::string::npos) {
        position += 6;
        const auto end = writer.stream.find('\n', position);
        auto parsed = parse_json(writer.stream.substr(position, end - position));
        if (parsed) events.push_back(std::move(*parsed));
    }
    return events;
}

Task<AuthOutcome> FakeAuthenticator::authenticate(const net::HttpRequest& request) {
    const std::string token(request.headers["Authorization"]);
    if (!token.starts_with("Bearer ") || revoked.contains(token.substr(7))) {
        co_return AuthRefusal{401, "no", R"(Bearer error="invalid_token")"};
    }
    co_return std::make_shared<const Principal>(token.substr(7));
}

Task<bool> FakeAuthenticator::still_valid(PrincipalPtr principal) {
    co_return !revoked.contains(principal->key());
}

ServerOptions HttpHarness::default_options() {
    ServerOptions options;
    options.server = {"test", "1", ""};
    options.stream_after = std::chrono::milliseconds(30);
    options.keepalive = std::chrono::milliseconds(40);
    return options;
}

HttpHarness::HttpHarness(ServerOptions options, HttpOptions http)
    : server(std::move(options), Providers{&tools, &prompts, &resources, &completions, nullptr}),
      transport(server, authenticator, std::move(http)) {}

HttpHarness::~HttpHarness() = default;

Sent& HttpHarness::send(net::http::verb method, std::string target, std::string body,
                        HeaderList headers) {
    auto& sent = *sent_.emplace_back(std::make_unique<Sent>());
    sent.request.method = method;
    sent.request.target = std::move(target);
    sent.request.body = std::move(body);
    HeaderList all{{"Host", "localhost:1"},
                   {"Accept", "application/json, text/event-stream"},
                   {"Authorization", "Bearer a"}};
    if (method == net::http::verb::post) all.emplace_back("Content-Type", "application/json");
    for (auto& header : headers) {
        std::erase_if(all, [&](const auto& known) { return iequals(known.first, header.first); });
        if (!header.second.empty()) all.push_back(std::move(header));
    }
    for (const auto& [name, value] : all) sent.request.headers.add(name, value);
    for (const auto& [name, value] : repeated) sent.request.headers.add(name, value);
    asio::co_spawn(context, transport.handle(sent.request, sent.writer),
                   [&sent](std::exception_ptr failure) {
                       sent.done = true;
                       if (failure) std::rethrow_exception(failure);
                   });
    settle();
    return sent;
}

Sent& HttpHarness::post(std::string body, HeaderList headers) {
    return send(net::http::verb::post, "/mcp", std::move(body), std::move(headers));
}

Sent& HttpHarness::modern(std::string method, std::string params, std::string capabilities,
                          HeaderList headers) {
    const std::string meta =
        R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
        R"("io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"progressToken":7,)"
        R"("io.modelcontextprotocol/clientCapabilities":)" +
        capabilities + "}";
    auto parsed = parse_json(params);
    HeaderList all = {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
    for (const auto* key : {"name", "uri", "taskId"}) {
        if (const auto* value = parsed->as_object().if_contains(key); value && value->is_string()) {
            all.emplace_back("Mcp-Name", std::string(value->as_string()));
        }
    }
    all.insert(all.end(), headers.begin(), headers.end());
    params.pop_back();
    return post(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params +
                    (params.size() > 1 ? "," : "") + meta + "}}",
                std::move(all));
}

std::string HttpHarness::initialize(std::string revision, std::string capabilities,
                                    std::string token) {
    auto& sent =
        post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
                 revision + R"(","capabilities":)" + capabilities +
                 R"(,"clientInfo":{"name":"t","version":"1"}}})",
             {{"Authorization", "Bearer " + token}});
    return sent.header("Mcp-Session-Id");
}

Sent& HttpHarness::legacy(const std::string& session, std::string body, HeaderList headers) {
    HeaderList all = {{"Mcp-Session-Id", session}};
    all.insert(all.end(), headers.begin(), headers.end());
    return post(std::move(body), std::move(all));
}

Sent& HttpHarness::get(const std::string& session, HeaderList headers) {
    HeaderList all = {{"Mcp-Session-Id", session}, {"Accept", "text/event-stream"}};
    all.insert(all.end(), headers.begin(), headers.end());
    return send(net::http::verb::get, "/mcp", {}, std::move(all));
}

void HttpHarness::settle() {
    context.restart();
    context.poll();
}

bool HttpHarness::run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    context.restart();
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        context.run_one_for(std::chrono::milliseconds(20));
        context.restart();
    }
    return true;
}

}  // namespace kimbap::mcp::test
