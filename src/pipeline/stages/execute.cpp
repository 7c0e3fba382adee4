#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/encoding.hpp"
#include "base/failpoint.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/attempts.hpp"
#include "manifests/charset.hpp"
#include "manifests/injection.hpp"
#include "manifests/output_schema.hpp"
#include "manifests/pages.hpp"
#include "manifests/response.hpp"
#include "net/http_client.hpp"
#include "pipeline/redirect.hpp"
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

constexpr const char* kMayHaveActed =
    " It may have taken effect all the same: check before you try again.";
/// How much of a Content-Encoding an error shows.
constexpr std::size_t kShownCoding = 100;
constexpr const char* kTooMany = "the service answered with one redirect after the other: given up";
constexpr const char* kCarriesCredential =
    "the service answered with a redirect that carries the credential to another origin: refused";

/// The first coding but identity that an answer's body came in; "" for none.
std::string_view content_coding(const net::Headers& headers) {
    for (const auto [name, value] : headers) {
        if (!iequals(name, "Content-Encoding")) continue;
        if (!value.empty() && !iequals(value, "identity")) return value;
    }
    return {};
}

/// Puts what holds the credential beside the request's other parts.
void place(manifests::Injection injection, net::SecretParts& secret, std::string& content_type) {
    switch (injection.place) {
        case manifests::Injection::Place::nowhere:
            return;
        case manifests::Injection::Place::header:
            secret.header = std::move(injection.name);
            secret.header_value = std::move(injection.value);
            return;
        case manifests::Injection::Place::query:
            secret.query = std::move(injection.value);
            return;
        case manifests::Injection::Place::body:
            content_type = std::move(injection.name);
            secret.body = std::move(injection.value);
            return;
    }
}

class Execution {
public:
    Execution(Call& call, Services& services, net::HttpClient& http)
        : call_(call), services_(services), http_(http), action_(*call.action->action) {}

    Task<void> run() {
        const bool paged = action_.pagination.type != manifests::PaginationType::none;
        RenderedRequest request = paged ? call_.rendered : std::move(call_.rendered);
        auto first = fetch(std::move(request));
        auto response = co_await std::move(first);
        if (!response) co_return;
        if (reader_) co_return finish_stream(*response);
        if (!paged) {
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

    /// One request with its retries and redirects. nullopt where the call ended without a response.
    Task<std::optional<RawResponse>> fetch(RenderedRequest request) {
        auto url = net::parse_url(request.full_url());
        if (!url) {
            call_.end(Disposition::failed, url.error().message);
            co_return std::nullopt;
        }
        Hop hop{std::move(request), std::move(*url)};
        for (int redirects = 0;; ++redirects) {
            auto sending = send(hop);
            auto response = co_await std::move(sending);
            if (!response) co_return std::nullopt;
            const std::string_view location = response->header("Location");
            if (!is_redirect(response->status, location)) {
                if (!legible(*response)) co_return std::nullopt;
                co_return raw(std::move(*response));
            }
            Result<void> followed =
                redirects < kMaxRedirects
                    ? follow(hop, *call_.action->service, action_.auth, location)
                    : Result<void>(make_error(Errc::blocked_address, kTooMany));
            // A service that passes its query on would send the credential elsewhere in it.
            if (followed && !hop.with_credential && call_.scrubber.finds(hop.url.target)) {
                followed = make_error(Errc::blocked_address, kCarriesCredential);
            }
            if (!followed) {
                std::string message = "The call to " + call_.action->service->name +
                                      " failed: " + followed.error().message + ".";
                call_.scrubber.scrub(message);
                call_.end(Disposition::failed, std::move(message));
                co_return std::nullopt;
            }
        }
    }

    /// Whether the answer came without a coding: kimbap asks for none (Accept-Encoding: identity),
    /// and what is encoded could be neither read nor scrubbed. Ends the call where it did not; but
    /// the status of an error still tells something: its body is replaced by what is wrong with it.
    bool legible(net::OutboundResponse& response) {
        const std::string_view coding = content_coding(response.headers);
        if (coding.empty() || response.body_bytes == 0) return true;
        const std::string fault =
            "encoded (Content-Encoding: " + to_valid_utf8(whole_characters(coding, kShownCoding)) +
            "), though kimbap asks for none";
        if (response.status >= 300) {
            response.body = "the answer's text is " + fault;
            response.headers.set("Content-Type", "text/plain");
            return true;
        }
        std::string message =
            "The call to " + call_.action->service->name + " failed: the answer is " + fault + ".";
        if (action_.risk.mutating) message += kMayHaveActed;
        call_.scrubber.scrub(message);
        call_.end(Disposition::failed, std::move(message));
        return false;
    }

    /// One request with its retries. nullopt where the call ended without a response.
    Task<std::optional<net::OutboundResponse>> send(Hop& hop) {
        for (int number = 1;; ++number) {
            auto outbound = outbound_of(hop);
            if (!outbound) {
                call_.end(Disposition::unavailable, outbound.error().message);
                co_return std::nullopt;
            }
            ++call_.attempts;
            tell_request(hop.request, hop.url);
            auto sending = http_.send(std::move(*outbound));
            net::Exchange exchange = co_await std::move(sending);
            failpoint("call.answered");
            tell_answer(exchange);
            const manifests::Attempt attempt = attempt_of(exchange, number);
            if (attempt.status == 401 && !renewed_ && hop.with_credential &&
                action_.auth.brokered()) {
                // RFC 9110 section 15.5.2: the request was not applied, so that even one that can't
                // be repeated may be sent again; once, with another token.
                renewed_ = true;
                auto renewing = renew_credential(call_, services_, http_);
                if (co_await std::move(renewing)) continue;
            }
            // What the caller was told of once must not come again.
            const bool streamed =
                reader_ && (exchange.response ? exchange.response->status < 300 : reader_->told());
            const auto wait = streamed ? std::nullopt
                                       : manifests::next_attempt(action_, attempt,
                                                                 services_.clock.now(), jitter());
            if (wait && !call_.request.cancel.cancelled()) {
                tell_retry(exchange, number, *wait);
                auto pausing = pause(*wait);
                co_await std::move(pausing);
                continue;
            }
            if (!exchange.response) fail(exchange);
            co_return std::move(exchange.response);
        }
    }

    manifests::Attempt attempt_of(const net::Exchange& exchange, int number) {
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
        return attempt;
    }

    RawResponse raw(net::OutboundResponse response) {
        unfolds_ = unfolds_ || response.body.find('\\') != std::string::npos;
        RawResponse out{response.status, std::string(response.header("Content-Type")),
                        std::move(response.body)};
        if (action_.response.type != manifests::ResponseType::binary) {
            out.body = manifests::to_utf8(std::move(out.body), out.content_type);
        }
        call_.scrubber.scrub_json(out.body);
        call_.scrubber.scrub(out.content_type);
        if (out.status >= 400) {
            out.retry_after =
                manifests::parse_retry_after(response.header("Retry-After"), services_.clock.now());
        }
        return out;
    }

    void tell_retry(const net::Exchange& exchange, int number, std::chrono::milliseconds wait) {
        if (call_.request.observer == nullptr) return;
        std::string message =
            "attempt " + std::to_string(number) + " of " + call_.action->id + " failed (" +
            (exchange.response ? "HTTP " + std::to_string(exchange.response->status)
                               : exchange.error.message) +
            "); trying again in " + std::to_string(wait.count()) + " ms";
        call_.scrubber.scrub(message);
        call_.request.observer->note(NoteLevel::warning, message);
    }

    Result<net::OutboundRequest> outbound_of(Hop& hop) {
        net::OutboundRequest out;
        if (hop.with_credential) {
            auto injection =
                manifests::inject(hop.request, action_.auth, call_.credential.reveal());
            if (!injection) return injection.error();
            place(std::move(*injection), out.secret, hop.request.content_type);
        }
        const RenderedRequest& request = hop.request;
        out.method = request.method;
        out.url = hop.url;
        out.headers = request.headers;
        const auto absent = [&](std::string_view name) {
            return !iequals(name, out.secret.header) &&
                   std::none_of(out.headers.begin(), out.headers.end(),
                                [&](const auto& header) { return iequals(header.first, name); });
        };
        if (absent("User-Agent")) out.headers.emplace_back("User-Agent", "kimbap/0.1");
        if (absent("Accept")) out.headers.emplace_back("Accept", "*/*");
        if (!request.content_type.empty() && absent("Content-Type")) {
            out.headers.emplace_back("Content-Type", request.content_type);
        }
        if (!action_.idempotency_header.empty() && hop.with_credential) {
            out.headers.emplace_back(action_.idempotency_header, call_.result.call);
        }
        out.body = request.body;
        out.deadline = std::chrono::steady_clock::now() + services_.settings.timeout;
        out.max_response_bytes = services_.settings.max_response_bytes;
        out.operator_chose_address = true;  // base_url is the operator's manifest
        out.idempotent = action_.idempotent || !action_.idempotency_header.empty();
        out.cancel = call_.request.cancel;
        if (action_.response.stream != manifests::StreamType::none) {
            unfolds_ = true;
            reader_.emplace(action_.response.stream, call_.scrubber, call_.request.observer);
            out.max_silence = services_.settings.timeout;
            out.on_chunk = [this](std::string_view piece) { reader_->feed(piece); };
        }
        return out;
    }

    [[nodiscard]] bool wants_steps() const {
        return call_.request.observer && call_.request.observer->wants_steps();
    }
    void tell_request(const RenderedRequest& request, const net::Url& url) const {
        if (!wants_steps()) return;
        call_.request.observer->step(
            "request",
            {{"method", request.method}, {"origin", url.origin()}, {"attempt", call_.attempts}});
    }
    void tell_answer(const net::Exchange& exchange) const {
        if (!wants_steps()) return;
        json::object details{{"attempt", call_.attempts}};
        if (exchange.response) details["status"] = exchange.response->status;
        call_.request.observer->step(exchange.response ? "answer" : "no answer",
                                     std::move(details));
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
            std::string said = "The call was withdrawn.";
            if (exchange.may_have_reached_peer && action_.risk.mutating) said += kMayHaveActed;
            call_.end(Disposition::cancelled, std::move(said));
            return;
        }
        std::string message = "The call to " + call_.action->service->name +
                              " failed: " + exchange.error.message + ".";
        if (exchange.may_have_reached_peer && action_.risk.mutating) {
            message += kMayHaveActed;
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
        if (std::string other = reader_->take_other();
            !other.empty() && !manifests::is_event_stream(response.content_type)) {
            response.body = std::move(other);
            return answer(manifests::shape(action_, std::move(response)));
        }
        if (reader_->all_json() && !manifests::is_unread(action_.response.type)) {
            return answer(manifests::shape_json(action_, json::value(reader_->take_values())));
        }
        if (manifests::wants_json(action_.response)) {
            ShapedResponse refused;
            refused.is_error = true;
            refused.message =
                "the service's stream is not the JSON that it should be (" + reader_->fault() + ")";
            return answer(std::move(refused));
        }
        RawResponse whole{response.status, "text/plain", reader_->take_text()};
        Action textual = action_;
        textual.response.type = manifests::ResponseType::text;
        answer(manifests::shape(textual, std::move(whole)));
    }

    void answer(ShapedResponse shaped) {
        CallResult& result = call_.result;
        if (!shaped.is_error) hold_to_promise(shaped);
        if (shaped.is_error) return refuse(std::move(shaped));
        result.disposition = Disposition::succeeded;
        result.message = std::move(shaped.message);
        result.content = static_cast<ContentKind>(shaped.kind);
        result.mime_type = std::move(shaped.mime_type);
        if (shaped.kind != ShapedResponse::Kind::json) {
            result.body = std::move(shaped.body);
            call_.scrubber.scrub(result.body);
            return;
        }
        if (!shaped.body.empty()) {  // as it came, and scrubbed
            result.body = std::move(shaped.body);
            return;
        }
        result.body = to_json(shaped.value);
        // What came is scrubbed already. Only escapes, or events put together, bring out more.
        if (unfolds_ && call_.scrubber.finds(result.body)) {
            call_.scrubber.scrub(shaped.value);
            hold_to_promise(shaped);
            if (shaped.is_error) return refuse(std::move(shaped));
            result.body = to_json(shaped.value);
        }
    }

    /// An answer that is not what the manifest promises becomes an error.
    void hold_to_promise(ShapedResponse& shaped) const {
        auto broken = manifests::broken_promise(action_, shaped);
        if (!broken) return;
        shaped.is_error = true;
        shaped.message = std::move(*broken);
    }

    void refuse(ShapedResponse shaped) {
        call_.scrubber.scrub(shaped.message);
        call_.result.content = ContentKind::none;
        call_.result.body.clear();
        call_.end(Disposition::failed, std::move(shaped.message));
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
    bool unfolds_ = false;  ///< Whether taking the answer apart may bring out a credential.
    bool renewed_ = false;  ///< The access token was replaced, or that was tried.
};

}  // namespace

Task<void> execute(Call& call, Services& services, net::HttpClient& http) {
    Execution execution(call, services, http);
    auto running = execution.run();
    co_await std::move(running);
    // All that could repeat the credential is scrubbed: from here on nothing has it.
    call.credential = Secret{};
    call.scrubber = scrub::Scrubber{};
}

}  // namespace kimbap::pipeline::stages
