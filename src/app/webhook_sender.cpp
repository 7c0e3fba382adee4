#include "app/webhook_sender.hpp"

#include "net/http_client.hpp"

namespace kimbap::app {

namespace {

constexpr std::size_t kMaxAnswer = 64U << 10;

}  // namespace

Task<Result<int>> HttpWebhookSender::post(std::string url,
                                          std::vector<std::pair<std::string, std::string>> headers,
                                          std::string body,
                                          std::chrono::steady_clock::time_point deadline) {
    auto parsed = net::parse_url(url);
    if (!parsed) co_return parsed.error();
    net::OutboundRequest request;
    request.method = "POST";
    request.url = std::move(*parsed);
    request.headers = std::move(headers);
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("User-Agent", "kimbap/0.1");
    request.body = std::move(body);
    request.deadline = deadline;
    request.max_response_bytes = kMaxAnswer;
    request.operator_chose_address = true;  // the configuration is the operator's
    request.idempotent = true;              // receivers deduplicate by webhook-id
    auto sending = http_.send(std::move(request));
    const net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    co_return static_cast<int>(exchange.response->status);
}

}  // namespace kimbap::app
