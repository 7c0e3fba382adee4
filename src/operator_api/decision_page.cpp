#include "operator_api/decision_page.hpp"

#include <map>
#include <string>
#include <utility>

#include "approval/approval_manager.hpp"
#include "async/worker_pool.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "operator_api/api_request.hpp"
#include "operator_api/decision_view.hpp"
#include "operator_api/problem.hpp"

namespace kimbap::operator_api {

namespace {

using Fields = std::map<std::string, std::string>;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::size_t kMaxForm = 16U << 10;

net::HttpResponse page(unsigned status, std::string html) {
    net::HttpResponse response;
    response.status = static_cast<net::http::status>(status);
    response.content_type = "text/html; charset=utf-8";
    response.body = std::move(html);
    response.headers.set("Content-Security-Policy", content_security_policy());
    response.headers.set("Cache-Control", "no-store");
    // The address is the link: it must not leave as a referrer.
    response.headers.set("Referrer-Policy", "same-origin");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("X-Frame-Options", "DENY");
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    response.headers.set("X-Robots-Tag", "noindex");
    return response;
}

net::HttpResponse refusal(unsigned status, std::string_view title, std::string_view message) {
    return page(status, message_html(title, message));
}

/// A link that doesn't serve, or another failure.
net::HttpResponse refusal(const Error& error) {
    switch (error.code) {
        case Errc::forbidden:
            return refusal(403, "This link does not serve", error.message);
        case Errc::timed_out:
            return refusal(410, "This link has expired", error.message);
        case Errc::not_found:
            return refusal(404, "There is no such request", error.message);
        case Errc::conflict:
            return refusal(409, "Nothing was decided", error.message);
        default:
            return refusal(status_of(error.code), "That did not work", error.message);
    }
}

approval::Operator operator_of(const approval::DecisionLink& link) {
    return {link.operator_name, "", link.channel, approval::Proof::link, link.mark};
}

/// Whether a browser says that the request was made by another site's page.
bool from_elsewhere(const net::HttpRequest& request) {
    const std::string_view site = request.header("Sec-Fetch-Site");
    return !site.empty() && site != "same-origin" && site != "none";
}

std::string address_of(const net::HttpRequest& request) {
    return std::string(request.target);
}

}  // namespace

Task<net::HttpResponse> DecisionPage::handle(net::HttpRequest& request, bool& refused) {
    const bool posted = request.method == net::http::verb::post;
    const bool asked =
        request.method == net::http::verb::get || request.method == net::http::verb::head;
    if (!posted && !asked) {
        net::HttpResponse response =
            refusal(405, "That is not possible here", "This page is opened, or its form sent.");
        response.headers.set("Allow", "GET, HEAD, POST");
        co_return response;
    }
    const auto id = percent_decode(request.path().substr(kPrefix.size()));
    const auto query = parse_query(request.query());
    auto checking = services_.workers.run(
        [this, id = id.value_or(""), fields = query ? *query : Fields(),
         now = services_.clock.now()] { return services_.links.check(id, fields, now); });
    Result<approval::DecisionLink> link = co_await std::move(checking);
    if (!link) {
        refused = link.error().code == Errc::forbidden;
        co_return refusal(link.error());
    }
    if (posted) {
        auto deciding = decide(std::move(*link), request);
        co_return co_await std::move(deciding);
    }
    auto showing = show(std::move(*link));
    co_return co_await std::move(showing);
}

Task<net::HttpResponse> DecisionPage::show(approval::DecisionLink link) {
    auto examining = services_.approvals.examine(link.approval, operator_of(link));
    const Result<approval::Examined> examined = co_await std::move(examining);
    if (!examined) co_return refusal(examined.error());
    // Of a decided one the page says itself how it stands.
    const bool pending = examined->approval.state() == approval::State::pending;
    const std::string why =
        pending && examined->refusal ? examined->refusal->message : std::string();
    const DecisionView view{examined->approval, link.operator_name, why, services_.clock.now()};
    co_return page(200, decision_html(view));
}

Task<net::HttpResponse> DecisionPage::decide(approval::DecisionLink link,
                                             net::HttpRequest& request) {
    if (from_elsewhere(request)) {
        co_return refusal(403, "Nothing was decided",
                          "Another site sent this form. Open the link itself and decide there.");
    }
    const std::string_view type = request.header("Content-Type");
    const bool form = iequals(trim(type.substr(0, type.find(';'))), kForm);
    const auto fields =
        request.body.size() <= kMaxForm ? parse_query(request.body) : Result<Fields>(Fields());
    const auto field = [&](const char* name) {
        const auto found = fields ? fields->find(name) : Fields::const_iterator();
        return !fields || found == fields->end() ? std::string() : found->second;
    };
    const auto verdict = approval::parse_verdict(field("verdict"));
    if (!form || !fields || !verdict) {
        co_return refusal(400, "Nothing was decided",
                          "The form was not sent as the page has it. Open the link again.");
    }
    auto deciding =
        services_.approvals.decide(link.approval, operator_of(link), *verdict, field("reason"));
    const Result<approval::Approval> decided = co_await std::move(deciding);
    if (!decided) co_return refusal(decided.error());
    // Seen again by GET, so that reloading it doesn't send the form again.
    net::HttpResponse response = page(303, "");
    response.headers.set("Location", address_of(request));
    co_return response;
}

}  // namespace kimbap::operator_api
