#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "base/error.hpp"
#include "net/http_server.hpp"
#include "oauth/authorization.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

/// Listens on loopback for the browser that comes back from the provider (RFC 8252 section 7.3),
/// for as long as it lives. Used on one thread.
class LoopbackReceiver final : public net::HttpHandler {
public:
    LoopbackReceiver(boost::asio::io_context& context, Loopback where);
    ~LoopbackReceiver() override;

    /// Binds; gives the redirect URI. `port` overrides the provider's where not 0.
    /// Errors: unavailable where the port is taken.
    Result<std::string> listen(std::uint16_t port);

    /// The first answer that knows `state`: a request with another one is refused and waited past,
    /// so that nobody else on this machine can end the attempt. Errors: timed_out.
    Task<Result<ResponseQuery>> answer(std::string state, std::chrono::seconds patience);

    Task<void> handle(net::HttpRequest& request, net::ResponseWriter& response) override;

private:
    Loopback where_;
    net::HttpServer server_;
    boost::asio::steady_timer arrived_;
    std::string state_;
    std::optional<ResponseQuery> query_;
};

/// A page that a person sees at the end of a flow: no script, nothing loaded, not kept, and its
/// address, which holds the code, not passed on. `text` is escaped.
[[nodiscard]] net::HttpResponse closing_page(net::http::status status, std::string_view title,
                                             std::string_view text);

}  // namespace kimbap::oauth
