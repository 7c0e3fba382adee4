#include "oauth/loopback_receiver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/markup.hpp"
#include "base/secret.hpp"

namespace kimbap::oauth {

namespace {

std::string escaped(std::string_view text) {
    return escape_markup(text, Quotes::double_only);
}

net::ServerLimits small_limits() {
    net::ServerLimits limits;
    limits.max_body_bytes = 16U << 10;
    limits.max_connections = 32;
    return limits;
}

}  // namespace

net::HttpResponse closing_page(net::http::status status, std::string_view title,
                               std::string_view text) {
    net::HttpResponse out;
    out.status = status;
    out.content_type = "text/html; charset=utf-8";
    out.headers.set("Cache-Control", "no-store");
    out.headers.set("Referrer-Policy", "no-referrer");
    out.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>kimbap: " +
               escaped(title) + "</title><h1>" + escaped(title) + "</h1><p>" + escaped(text) +
               "</p></html>\n";
    return out;
}

LoopbackReceiver::LoopbackReceiver(boost::asio::io_context& context, Loopback where)
    : where_(std::move(where)), server_(context, *this, small_limits()), arrived_(context) {}

LoopbackReceiver::~LoopbackReceiver() {
    server_.stop();
}

Result<std::string> LoopbackReceiver::listen(std::uint16_t port) {
    const auto address = where_.host == "[::1]" ? asio::ip::make_address("::1")
                                                : asio::ip::make_address("127.0.0.1");
    const auto bound = server_.listen({address, port != 0 ? port : where_.port});
    if (!bound) {
        return make_error(bound.error().code,
                          bound.error().message +
                              " (the provider sends the browser there: free the "
                              "port, or name another with --port)");
    }
    return "http://" + where_.host + ":" + std::to_string(bound->port()) + where_.path;
}

Task<Result<ResponseQuery>> LoopbackReceiver::answer(std::string state,
                                                     std::chrono::seconds patience) {
    state_ = std::move(state);
    arrived_.expires_after(patience);
    const auto token = asio::as_tuple(asio::use_awaitable);
    co_await arrived_.async_wait(token);
    if (!query_) {
        co_return make_error(Errc::timed_out, "the browser did not come back within " +
                                                  format_duration(patience) + " (start again)");
    }
    // The page is on its way: give it a moment before the listener goes.
    arrived_.expires_after(std::chrono::milliseconds{200});
    co_await arrived_.async_wait(token);
    co_return std::move(*query_);
}

Task<void> LoopbackReceiver::handle(net::HttpRequest& request, net::ResponseWriter& response) {
    net::HttpResponse page;
    auto query = parse_response_query(request.query());
    if (request.path() != where_.path || request.method != net::http::verb::get) {
        page = closing_page(net::http::status::not_found, "Nothing here",
                            "kimbap waits for a provider's answer at another path.");
    } else if (!query) {
        page = closing_page(net::http::status::bad_request, "Not an answer", query.error().message);
    } else if (state_.empty() || query_ || !constant_time_equal((*query)["state"], state_)) {
        page = closing_page(net::http::status::bad_request, "Not an answer to this attempt",
                            "Its state is not the one that kimbap sent. Nothing was done with it.");
    } else {
        page = query->contains("error")
                   ? closing_page(net::http::status::ok, "Not connected",
                                  "The provider refused; the terminal says why. You can close this "
                                  "window.")
                   : closing_page(net::http::status::ok, "kimbap has the answer",
                                  "The terminal says whether it is connected. You can close this "
                                  "window.");
        query_ = std::move(*query);
    }
    auto sending = response.send(std::move(page));
    static_cast<void>(co_await std::move(sending));
    if (query_) arrived_.cancel();
}

}  // namespace kimbap::oauth
