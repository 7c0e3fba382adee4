#include "mcp/transport/exchange.hpp"

#include <utility>

#include "base/text.hpp"
#include "mcp/revision.hpp"

namespace kimbap::mcp {

std::optional<std::string_view> Exchange::header(std::string_view name) const {
    return request.headers.find(name);
}

bool Exchange::accepts(std::string_view media_type) const {
    const auto accept = header("Accept");
    if (!accept || accept->empty()) return true;
    if (accept->find(media_type) != std::string_view::npos) return true;
    const auto family = std::string(media_type.substr(0, media_type.find('/'))) + "/*";
    return accept->find("*/*") != std::string_view::npos ||
           accept->find(family) != std::string_view::npos;
}

bool Exchange::null_id() const {
    const auto version = header("MCP-Protocol-Version");
    if (!version) return true;  // Only older clients leave it out.
    const auto revision = parse_revision(trim(*version));
    return revision && *revision < Revision::v2025_11_25;
}

Task<void> send_json(Exchange& exchange, int status, std::string body, net::Headers headers) {
    net::HttpResponse response;
    response.status = static_cast<net::http::status>(status);
    if (!body.empty()) response.content_type = "application/json";
    response.body = std::move(body);
    response.headers = std::move(headers);
    auto sending = exchange.response.send(std::move(response));
    co_await std::move(sending);
}

Task<void> send_error(Exchange& exchange, int status, ProtocolError error, std::string id,
                      bool null_id) {
    auto body = error_response(id, error, null_id);
    net::Headers headers;
    auto sending = send_json(exchange, status, std::move(body), std::move(headers));
    co_await std::move(sending);
}

net::Headers stream_headers() {
    net::Headers headers;
    headers.set("Cache-Control", "no-cache, no-transform");
    headers.set("X-Accel-Buffering", "no");
    return headers;
}

}  // namespace kimbap::mcp
