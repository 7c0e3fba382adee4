#include "app/http_poster.hpp"

#include <charconv>

#include "net/http_client.hpp"

namespace kimbap::app {

namespace {

constexpr std::size_t kMaxAnswer = 64U << 10;

/// Retry-After in seconds (RFC 9110 section 10.2.3); a date isn't read.
std::optional<std::chrono::seconds> retry_after(std::string_view header) {
    std::int64_t seconds = 0;
    const char* const end = header.data() + header.size();
    const auto [rest, error] = std::from_chars(header.data(), end, seconds);
    if (header.empty() || error != std::errc{} || rest != end || seconds < 0) return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace

Task<Result<approval::ApiAnswer>> HttpPoster::post_json(
    std::string url, std::vector<std::pair<std::string, std::string>> headers, std::string body,
    std::chrono::steady_clock::time_point deadline) {
    auto parsed = net::parse_url(url);
    wipe(url.data(), url.size());  // a bot's token is part of it
    if (!parsed) co_return parsed.error();
    net::OutboundRequest request;
    request.method = "POST";
    request.url = std::move(*parsed);
    request.headers = std::move(headers);
    request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    request.headers.emplace_back("User-Agent", "kimbap/0.1");
    request.body = std::move(body);
    request.deadline = deadline;
    request.max_response_bytes = kMaxAnswer;
    request.operator_chose_address = true;  // the configuration is the operator's
    request.idempotent = true;              // notifications are delivered at least once
    request.cancel = cancel_;
    auto sending = http_.send(std::move(request));
    net::Exchange exchange = co_await std::move(sending);
    if (!exchange.response) co_return exchange.error;
    approval::ApiAnswer answer;
    answer.status = static_cast<int>(exchange.response->status);
    answer.retry_after = retry_after(exchange.response->header("Retry-After"));
    answer.body = std::move(exchange.response->body);
    co_return answer;
}

}  // namespace kimbap::app
