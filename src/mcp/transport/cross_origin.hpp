#pragma once

#include <string>
#include <string_view>

#include "net/http_server.hpp"

namespace kimbap::mcp {

/// Answers to a web page of another origin, so that its browser lets it read them (WHATWG Fetch,
/// section 3.3, CORS protocol). Without credentials: callers are known by their bearer token alone,
/// which a page must have been given, and by nothing that a browser adds by itself.
class CrossOriginWriter final : public net::ResponseWriter {
public:
    /// `inner` outlives it; `origin` is the page's, one that may be served.
    CrossOriginWriter(net::ResponseWriter& inner, std::string_view origin)
        : inner_(inner), origin_(origin) {}

    Task<Result<void>> send(net::HttpResponse response) override;
    Task<Result<void>> begin_stream(net::http::status status, std::string_view content_type,
                                    net::Headers headers) override;
    Task<Result<void>> write(std::string_view bytes) override { return inner_.write(bytes); }
    Task<Result<void>> end() override { return inner_.end(); }
    async::CancelToken peer_closed() override { return inner_.peer_closed(); }
    [[nodiscard]] bool answered() const noexcept override { return inner_.answered(); }

private:
    void allow(net::Headers& headers) const;

    net::ResponseWriter& inner_;
    const std::string origin_;
};

/// Whether a browser asks beforehand what a page may send.
[[nodiscard]] bool is_preflight(const net::HttpRequest& request);
/// The answer, for a resource that takes `methods` ("POST, GET"): these, and the headers of MCP.
[[nodiscard]] net::HttpResponse preflight_answer(const net::HttpRequest& request,
                                                 std::string_view methods);

}  // namespace kimbap::mcp
