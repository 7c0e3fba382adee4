#include "mcp/transport/http_transport.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "mcp/modern/request.hpp"
#include "mcp/revision.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/cross_origin.hpp"
#include "mcp/transport/exchange.hpp"
#include "mcp/transport/http_guard.hpp"
#include "mcp/transport/legacy_http.hpp"
#include "mcp/transport/modern_http.hpp"
#include "mcp/transport/sse_http.hpp"

namespace kimbap::mcp {
namespace {

using net::http::verb;

/// A modern request names its revision in _meta, whatever session a header may still speak of; or,
/// without a session, at least a revision in its header that is none of the older ones (versioning,
/// Backward Compatibility).
bool is_modern(const Exchange& exchange, const json::value& body) {
    if (modern::has_modern_meta(body)) return true;
    if (exchange.header("Mcp-Session-Id")) return false;
    const auto version = exchange.header("MCP-Protocol-Version");
    if (!version) return false;
    const auto known = parse_revision(trim(*version));
    return !known || !is_legacy(*known);
}

/// A header of MCP's own that is given twice: whoever stands before kimbap may have gone by the
/// other one (Streamable HTTP, Server Validation).
std::optional<std::string> repeated_header(const net::Headers& headers) {
    constexpr std::string_view kPrefix = "mcp-";
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto name = headers.at(i).name;
        if (!iequals(name.substr(0, kPrefix.size()), kPrefix)) continue;
        for (std::size_t j = 0; j < i; ++j) {
            if (iequals(headers.at(j).name, name)) return std::string(name);
        }
    }
    return std::nullopt;
}

Task<void> serve_post(Exchange& exchange) {
    const auto type = exchange.header("Content-Type");
    if (type && !type->empty() && !to_lower(*type).starts_with("application/json")) {
        auto sending = send_error(
            exchange, 415, {code::kInvalidRequest, "Content-Type must be application/json", {}});
        co_await std::move(sending);
        co_return;
    }
    auto body = parse_json(exchange.request.body);
    if (!body) {
        auto sending = send_error(exchange, 400, {code::kParseError, body.error().message, {}}, {},
                                  exchange.null_id());
        co_await std::move(sending);
        co_return;
    }
    if (!is_modern(exchange, *body)) {
        auto serving = serve_legacy_post(exchange, std::move(*body));
        co_await std::move(serving);
        co_return;
    }
    auto message = read_message(std::move(*body));
    if (message.kind == Message::Kind::invalid) {
        auto sending = send_error(exchange, 400, *message.error, message.id);
        co_await std::move(sending);
        co_return;
    }
    auto serving = serve_modern_post(exchange, std::move(message));
    co_await std::move(serving);
}

Task<void> refuse_method(Exchange& exchange, std::string_view allowed) {
    net::Headers headers;
    headers.set("Allow", allowed);
    const ProtocolError error{
        code::kInvalidRequest, "Method not allowed here; use " + std::string(allowed), {}};
    auto sending = send_json(exchange, 405, error_response({}, error), std::move(headers));
    co_await std::move(sending);
}

}  // namespace

class HttpTransport::Impl {
public:
    Impl(Server& server, Authenticator& authenticator, HttpOptions options)
        : core_(server.core()),
          authenticator_(authenticator),
          options_(std::move(options)),
          guard_(options_.allowed_hosts, options_.allowed_origins, options_.guard_advice) {}

    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response) {
        const auto origin = request.headers.find("Origin");
        return origin && listed(*origin) ? serve_page(request, response) : serve(request, response);
    }

private:
    [[nodiscard]] bool listed(std::string_view origin) const {
        return std::any_of(options_.allowed_origins.begin(), options_.allowed_origins.end(),
                           [&](const std::string& allowed) { return iequals(allowed, origin); });
    }

    /// A request of a web page whose origin is listed.
    Task<void> serve_page(net::HttpRequest& request, net::ResponseWriter& response) {
        const std::string origin(request.header("Origin"));
        CrossOriginWriter writer(response, origin);
        const auto methods = methods_of(request.path());
        // Beforehand a browser asks, and without a token.
        if (is_preflight(request) && !methods.empty() &&
            !guard_.refusal(request.header("Host"), origin)) {
            auto answering = writer.send(preflight_answer(request, methods));
            co_await std::move(answering);
            co_return;
        }
        auto serving = serve(request, writer);
        co_await std::move(serving);
    }

    Task<void> serve(net::HttpRequest& request, net::ResponseWriter& response) {
        Exchange exchange{request, response, core_, authenticator_};
        if (auto reason = guard_.refusal(request.header("Host"), exchange.header("Origin"))) {
            auto sending =
                send_error(exchange, 403, {code::kInvalidRequest, std::move(*reason), {}});
            co_await std::move(sending);
            co_return;
        }
        if (const auto name = repeated_header(request.headers)) {
            auto sending = send_error(
                exchange, 400,
                {code::kHeaderMismatch, "Header mismatch: " + *name + " is given twice", {}});
            co_await std::move(sending);
            co_return;
        }
        auto authenticating = authenticator_.authenticate(request);
        auto who = co_await std::move(authenticating);
        if (auto* refusal = std::get_if<AuthRefusal>(&who)) {
            auto refusing = refuse(exchange, std::move(*refusal));
            co_await std::move(refusing);
            co_return;
        }
        exchange.principal = std::move(std::get<PrincipalPtr>(who));
        if (!exchange.principal) throw std::logic_error("the authenticator gave no principal");
        auto routing = route(exchange);
        co_await std::move(routing);
    }

    static Task<void> refuse(Exchange& exchange, AuthRefusal refusal) {
        net::Headers headers;
        if (refusal.status == 401) {
            headers.set("WWW-Authenticate",
                        refusal.www_authenticate.empty() ? "Bearer" : refusal.www_authenticate);
        }
        const ProtocolError error{code::kInvalidRequest, std::move(refusal.message), {}};
        auto sending =
            send_json(exchange, refusal.status, error_response({}, error), std::move(headers));
        co_await std::move(sending);
    }

    /// What a path takes; "" where nothing is served there.
    [[nodiscard]] std::string_view methods_of(std::string_view path) const {
        if (path == options_.mcp_path) return "POST, GET, DELETE";
        if (path == options_.sse_path) return "GET";
        if (path == options_.messages_path) return "POST";
        return "";
    }

    Task<void> route(Exchange& exchange) {
        const auto path = exchange.request.path();
        const auto method = exchange.request.method;
        if (path == options_.mcp_path) {
            if (method == verb::post) return serve_post(exchange);
            if (method == verb::get) return serve_legacy_get(exchange);
            if (method == verb::delete_) return serve_legacy_delete(exchange);
        } else if (path == options_.sse_path) {
            if (method == verb::get) return serve_sse_stream(exchange, options_.messages_path);
        } else if (path == options_.messages_path) {
            if (method == verb::post) return serve_sse_message(exchange);
        } else {
            return send_error(exchange, 404, {code::kInvalidRequest, "No such path", {}});
        }
        return refuse_method(exchange, methods_of(path));
    }

    const std::shared_ptr<ServerCore> core_;
    Authenticator& authenticator_;
    const HttpOptions options_;
    const HttpGuard guard_;
};

HttpTransport::HttpTransport(Server& server, Authenticator& authenticator, HttpOptions options)
    : impl_(std::make_unique<Impl>(server, authenticator, std::move(options))) {}

HttpTransport::~HttpTransport() = default;

Task<void> HttpTransport::handle(net::HttpRequest& request, net::ResponseWriter& response) {
    return impl_->handle(request, response);
}

}  // namespace kimbap::mcp
