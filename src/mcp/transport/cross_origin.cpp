#include "mcp/transport/cross_origin.hpp"

#include <algorithm>
#include <utility>

#include "base/http_token.hpp"
#include "base/text.hpp"

namespace kimbap::mcp {
namespace {

/// What MCP clients of any revision send besides what every page may.
constexpr std::string_view kRequestHeaders =
    "Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, "
    "Mcp-Method, Mcp-Name";
/// Their names are the tools' affair (2026-07-28, x-mcp-header).
constexpr std::string_view kParameterPrefix = "mcp-param-";
/// Of these there may be some dozens, not more than a header is worth.
constexpr std::size_t kMaxParameterBytes = 4U << 10;
constexpr std::string_view kMaxAge = "7200";  // The longest that Chromium keeps it.

std::string allowed_headers(const net::HttpRequest& request) {
    std::string out(kRequestHeaders);
    for (std::string_view name : split(request.header("Access-Control-Request-Headers"), ',')) {
        name = trim(name);
        const bool parameter = iequals(name.substr(0, kParameterPrefix.size()), kParameterPrefix);
        if (!parameter || !is_token(name) || out.size() > kMaxParameterBytes) continue;
        out.append(", ").append(name);
    }
    return out;
}

}  // namespace

void CrossOriginWriter::allow(net::Headers& headers) const {
    headers.set("Access-Control-Allow-Origin", origin_);
    headers.set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate");
    headers.add("Vary", "Origin");
}

Task<Result<void>> CrossOriginWriter::send(net::HttpResponse response) {
    allow(response.headers);
    return inner_.send(std::move(response));
}

Task<Result<void>> CrossOriginWriter::begin_stream(net::http::status status,
                                                   std::string_view content_type,
                                                   net::Headers headers) {
    allow(headers);
    return inner_.begin_stream(status, content_type, std::move(headers));
}

bool is_preflight(const net::HttpRequest& request) {
    return request.method == net::http::verb::options &&
           request.has_header("Access-Control-Request-Method");
}

net::HttpResponse preflight_answer(const net::HttpRequest& request, std::string_view methods) {
    net::HttpResponse response;
    response.status = net::http::status::no_content;
    response.headers.set("Access-Control-Allow-Methods", methods);
    response.headers.set("Access-Control-Allow-Headers", allowed_headers(request));
    response.headers.set("Access-Control-Max-Age", kMaxAge);
    return response;
}

}  // namespace kimbap::mcp
