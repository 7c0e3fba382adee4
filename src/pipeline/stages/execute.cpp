#include <strings.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/json_text.hpp"
#include "manifests/attempts.hpp"
#include "manifests/pages.hpp"
#include "manifests/response.hpp"
#include "net/http_client.hpp"
#include "pipeline/stages/stages.hpp"
#include "pipeline/stream.hpp"

namespace kimbap::pipeline::stages {

namespace {

using manifests::Action;
using manifests::RawResponse;
using manifests::RenderedRequest;
using manifests::ShapedResponse;

double jitter() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

class Execution {
public:
    Execution(Call& call, Services& services, net::HttpClient& http)
        : call_(call), services_(services), http_(http), action_(*call.action->action) {}

    Task<void> run() {
        auto first = fetch(call_.rendered);
        auto response = co_await std::move(first);
        if (!response) co_return;
        if (reader_) co_return finish_stream(*response);
        if (action_.pagination.type == manifests::PaginationType::none) {
            co_return answer(manifests::shape(action_, std::move(*response)));
        }
        auto paging = run_pages(std::move(*response));
        co_await std::move(paging);
    }

private:
    Task<void> run_pages(RawResponse first) {
        manifests::Pages pages(action_, call_.rendered, services_.settings.max_response_bytes);
        const RenderedRequest* request = pages.add(std::move(first));
        while (request) {
            auto fetching = fetch(*request);
            auto response = co_await std::move(fetching);
            if (!response) co_return;
            request = pages.add(std::move(*response));
        }
        answer(pages.take_answer());
    }

    /// One request with its retries. nullopt where the call ended without a response.
    Task<std::optional<RawResponse>> fetch(const RenderedRequest& request) {
        const auto url = net::parse_url(request.full_url());
        if (!url) {
            call_.end(Disposition::failed, url.error().message);
            co_return std::nullopt;
        }
        for (int number = 1;; ++number) {
            net::OutboundRequest outbound = outbound_of(request, *url);
            ++call_.attempts;
            auto sending = http_.send(std::move(outbound));
            net::Exchange exchange = co_await std::move(sending);
            manifests::Attempt attempt;
            attempt.number = number;
            if (exchange.response) {
                call_.http_status = exchange.response->status;
                call_.bytes += exchange.response->body_bytes;
                attempt.status = exchange.response->status;
                attempt.retry_after = exchange.response->header("Retry-After");
            } else {
                const Errc code = exchange.error.code;
                attempt.may_have_reached_peer = exchange.may_have_reached_peer;
                attempt.retryable_error = code == Errc::unavailable || code == Errc::timed_out ||
                                          code == Errc::protocol_error;
            }
            const bool streamed = reader_ && exchange.response && exchange.response->status < 300;
            const auto wait = streamed ? std::nullopt
                                       : manifests::next_attempt(action_, attempt,
                                                                 services_.clock.now(), jitter());
            if (wait && !call_.request.cancel.cancelled()) {
                auto pausing = pause(*wait);
                co_await std::move(pausing);
                continue;
            }
            if (!exchange.response) {
                fail(exchange);
                co_return std::nullopt;
            }
            RawResponse out{exchange.response->status,
                            std::string(exchange.response->header("Content-Type")),
                            std::move(exchange.response->body)};
            call_.scrubber.scrub(out.body);
            call_.scrubber.scrub(out.content_type);
            co_return out;
        }
    }

    net::OutboundRequest outbound_of(const RenderedRequest& request, const net::Url& url) {
        net::OutboundRequest out;
        out.method = request.method;
        out.url = url;
        out.headers = request.headers;
        const auto absent = [&](std::string_view name) {
            for (const auto& [key, value] : out.headers) {
                if (key.size() == name.size() &&
                    strncasecmp(key.data(), name.data(), name.size()) == 0) {
                    return false;
                }
            }
            return true;
        };
        if (absent("User-Agent")) out.headers.emplace_back("User-Agent", "kimbap/0.1");
        if (absent("Accept")) out.headers.emplace_back("Accept", "*/*");
        if (!request.content_type.empty() && absent("Content-Type")) {
            out.headers.emplace_back("Content-Type", request.content_type);
        }
        if (!action_.idempotency_header.empty()) {
            out.headers.emplace_back(action_.idempotency_header, call_.result.call);
        }
        out.body = request.body;
        out.deadline = std::chrono::steady_clock::now() + services_.settings.timeout;
        out.max_response_bytes = services_.settings.max_response_bytes;
        out.operator_chose_address = true;  // base_url is the operator's manifest
        out.idempotent = action_.idempotent || !action_.idempotency_header.empty();
        out.cancel = call_.request.cancel;
        if (action_.response.stream != manifests::StreamType::none) {
            reader_.emplace(action_.response.stream, call_.scrubber, call_.request.observer);
            out.on_chunk = [this](std::string_view piece) { reader_->feed(piece); };
        }
        return out;
    }

    Task<void> pause(std::chrono::milliseconds wait) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, wait);
        const auto registration = call_.request.cancel.on_cancel([&timer] { timer.cancel(); });
        const auto token = asio::as_tuple(asio::use_awaitable);
        co_await timer.async_wait(token);
    }

    void fail(const net::Exchange& exchange) {
        if (exchange.error.code == Errc::cancelled) {
            call_.end(Disposition::cancelled, "The call was withdrawn.");
            return;
        }
        std::string message = "The call to " + call_.action->service->name +
                              " failed: " + exchange.error.message + ".";
        if (exchange.may_have_reached_peer && action_.risk.mutating) {
            message += " It may have taken effect all the same: check before you try again.";
        } else if (exchange.error.code == Errc::unavailable ||
                   exchange.error.code == Errc::timed_out) {
            message += " Try again later.";
        }
        call_.scrubber.scrub(message);
        call_.end(Disposition::failed, std::move(message));
    }

    void finish_stream(RawResponse& response) {
        if (response.status >= 300) return answer(manifests::shape(action_, std::move(response)));
        reader_->finish();
        if (reader_->all_json()) {
            return answer(manifests::shape_json(action_, json::value(reader_->take_values())));
        }
        RawResponse whole{response.status, "text/plain", reader_->take_text()};
        Action textual = action_;
        textual.response.type = manifests::ResponseType::text;
        answer(manifests::shape(textual, std::move(whole)));
    }

    void answer(ShapedResponse shaped) {
        CallResult& result = call_.result;
        if (shaped.is_error) {
            call_.scrubber.scrub(shaped.message);
            call_.end(Disposition::failed, std::move(shaped.message));
            return;
        }
        result.disposition = Disposition::succeeded;
        result.content = static_cast<ContentKind>(shaped.kind);
        result.mime_type = std::move(shaped.mime_type);
        if (shaped.kind != ShapedResponse::Kind::json) {
            result.body = std::move(shaped.body);
            call_.scrubber.scrub(result.body);
            return;
        }
        result.body = to_json(shaped.value);
        // JSON can spell a secret with \u escapes that only parsing brings out.
        if (call_.scrubber.finds(result.body)) {
            call_.scrubber.scrub(shaped.value);
            result.body = to_json(shaped.value);
        }
    }

    static_assert(static_cast<int>(ContentKind::json) ==
                  static_cast<int>(ShapedResponse::Kind::json));
    static_assert(static_cast<int>(ContentKind::binary) ==
                  static_cast<int>(ShapedResponse::Kind::binary));

    Call& call_;
    Services& services_;
    net::HttpClient& http_;
    const Action& action_;
    std::optional<StreamReader> reader_;
};

void wipe_credential(Call& call) {
    call.credential = Secret{};
    manifests::wipe(call.rendered);
}

}  // namespace

Task<void> execute(Call& call, Services& services, net::HttpClient& http) {
    Execution execution(call, services, http);
    auto running = execution.run();
    co_await std::move(running);
    wipe_credential(call);
}

}  // namespace kimbap::pipeline::stages
