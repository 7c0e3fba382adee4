#include "approval/notifiers/http_sender.hpp"

#include "net/http_client.hpp"

namespace kimbap::approval {

namespace {
/// Nobody reads a webhook's answer.
constexpr std::size_t kMaxAnswer = 1U << 20;
}  // namespace

Task<Result<int>> HttpWebhookSender::post(std::string url,
                                          std::vector<std::pair<std::string, std::string>> headers,
                                          std::string body,
                                          std::chrono::steady_clock::time_point deadline) {
    auto parsed = net::parse_url(url);
    if (!parsed) {
        co_return make_error(Errc::invalid_config,
                             "the webhook's url is wrong: " + parsed.error().message);
    }
    net::OutboundRequest request;
    request.method = "POST";
    request.url = std::move(*parsed);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.deadline = deadline;
    request.max_response_bytes = kMaxAnswer;
    request.operator_chose_address = true;
    // Receivers deduplicate by webhook-id.
    request.idempotent = true;
    Task<net::Exchange> sending = client_.send(std::move(request));
    const net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    co_return static_cast<int>(exchange.response->status);
}

}  // namespace kimbap::approval
