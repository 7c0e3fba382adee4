#include "app/front_door.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "app/auth_failures.hpp"
#include "app/token_authenticator.hpp"
#include "async/worker_pool.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "identity/token_registry.hpp"
#include "mcp/server.hpp"
#include "net/url.hpp"
#include "operator_api/problem.hpp"
#include "pipeline/call_metrics.hpp"
#include "store/approval_store.hpp"
#include "store/outbox_store.hpp"
#include "store/store.hpp"
#include "vault/vault.hpp"

namespace kimbap::app {

namespace {

using operator_api::problem;

constexpr std::string_view kServedNames =
    "http.public_url and http.allowed_origins name the ones that are";

net::HttpResponse text_response(std::string body) {
    net::HttpResponse response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
}

bool for_operators(std::string_view path) {
    return path == "/metrics" || path == "/v1" || path.starts_with("/v1/");
}

/// Nothing where a request only reads; else its refusal.
std::optional<net::HttpResponse> refuse_unless_read(const net::HttpRequest& request) {
    using net::http::verb;
    if (request.method == verb::get || request.method == verb::head) return std::nullopt;
    net::HttpResponse refusal = problem(405, "this resource takes GET, HEAD");
    refusal.headers.set("Allow", "GET, HEAD");
    return refusal;
}

net::HttpResponse unauthenticated(const Error& error, bool sent) {
    net::HttpResponse response = problem(error);
    response.headers.set("WWW-Authenticate", std::string("Bearer realm=\"kimbap\"") +
                                                 (sent ? ", error=\"invalid_token\"" : ""));
    return response;
}

/// Each configured channel has both series, so that an alert doesn't wait for the first failure.
void append_undelivered(std::string& out, const Config& config,
                        const std::vector<store::DeliveryCount>& undelivered) {
    std::map<std::pair<std::string, std::string>, std::int64_t> rows;
    for (const NotifyChannel& entry : config.notify) {
        rows[{entry.name, "pending"}] = 0;
        rows[{entry.name, "dead"}] = 0;
    }
    for (const store::DeliveryCount& count : undelivered) {
        rows[{count.channel, count.state}] = count.rows;
    }
    if (rows.empty()) return;
    out +=
        "# HELP kimbap_notifications Notifications that are yet to be delivered, and those given "
        "up.\n# TYPE kimbap_notifications gauge\n";
    for (const auto& [key, count] : rows) {
        out += "kimbap_notifications{channel=\"" + key.first + "\",state=\"" + key.second + "\"} " +
               std::to_string(count) + "\n";
    }
}

/// "*" opens MCP to every origin, the operators' API to none.
std::vector<std::string> named(std::vector<std::string> origins) {
    std::erase(origins, "*");
    return origins;
}

}  // namespace

mcp::HttpOptions http_options(const Config& config) {
    mcp::HttpOptions options;
    options.allowed_origins = config.http.allowed_origins;
    options.allowed_hosts = {"localhost", "127.0.0.1", "[::1]"};
    options.guard_advice = kServedNames;
    const std::string& listen = config.http.listen;
    if (!listen.starts_with("unix:")) {
        options.allowed_hosts.push_back(listen.substr(0, listen.rfind(':')));
    }
    if (!config.http.public_url.empty()) {
        if (const auto url = net::parse_url(config.http.public_url)) {
            options.allowed_hosts.push_back(url->host);
            options.allowed_origins.push_back(url->origin());
        }
    }
    return options;
}

FrontDoor::FrontDoor(Gateway& gateway, Lanes& lanes, mcp::Server& server,
                     mcp::Authenticator& authenticator, operator_api::ApiServices& api,
                     mcp::HttpOptions options)
    : gateway_(gateway),
      server_(server),
      mcp_(server, authenticator, options),
      api_(api),
      notify_(gateway, lanes),
      decisions_({gateway.approvals(), gateway.links(), gateway.workers(), gateway.clock()}),
      guard_(options.allowed_hosts, named(options.allowed_origins)) {}

bool FrontDoor::local_name(const net::HttpRequest& request) const {
    return !guard_.refusal(request.header("Host"), request.headers.find("Origin"));
}

net::HttpResponse FrontDoor::refusal(net::http::status status, std::string why,
                                     std::string_view path) const {
    if (for_operators(path)) return problem(static_cast<unsigned>(status), why);
    return HttpHandler::refusal(status, std::move(why), path);
}

Task<void> FrontDoor::handle(net::HttpRequest& request, net::ResponseWriter& response) {
    const std::string_view path = request.path();
    if (path == "/mcp" || path == "/sse" || path == "/messages") {
        co_return co_await mcp_.handle(request, response);
    }
    net::HttpResponse answer;
    const bool probe = path == "/healthz" || path == "/readyz";
    if (auto refusal = probe ? refuse_unless_read(request) : std::nullopt) {
        answer = std::move(*refusal);
    } else if (path == "/healthz") {
        answer = text_response("ok\n");
    } else if (path == "/readyz") {
        auto asking = ready();
        answer = co_await std::move(asking);
    } else if (!local_name(request)) {
        answer = problem(
            403, "this Host or Origin is not served here (" + std::string(kServedNames) + ")");
    } else if (NotifyDoor::serves(path) && !server_.draining()) {
        co_return co_await notify_.handle(request, response);
    } else if (path == operator_api::kCallbackPath && request.method == net::http::verb::get) {
        auto connecting = api_.callback(request);
        answer = co_await std::move(connecting);
    } else if (for_operators(path)) {
        auto answering = operators_only(request);
        answer = co_await std::move(answering);
    } else if (path.starts_with(operator_api::DecisionPage::kPrefix)) {
        auto answering = decision_page(request);
        answer = co_await std::move(answering);
    } else {
        answer = problem(404, "nothing is served here (MCP is at /mcp)");
    }
    auto sending = response.send(std::move(answer));
    static_cast<void>(co_await std::move(sending));
}

Task<net::HttpResponse> FrontDoor::operators_only(net::HttpRequest& request) {
    const std::string_view bearer = bearer_of(request);
    auto authenticating = gateway_.tokens().authenticate(bearer, gateway_.workers());
    auto identity = co_await std::move(authenticating);
    if (!identity && is_lookup_failure(identity.error())) co_return problem(503, kTokensUnknown);
    if (!identity) {
        record_auth_failure(gateway_, request, "operator");
        co_return unauthenticated(identity.error(), request.has_header("Authorization"));
    }
    if (!(*identity)->is_operator) {
        record_auth_failure(gateway_, request, "operator");
        co_return problem(403,
                          "this is an agent's token: the operator API wants an operator's (create "
                          "one with `kimbap token create --operator NAME`)");
    }
    if (request.path() == "/metrics") {
        if (auto refusal = refuse_unless_read(request)) co_return std::move(*refusal);
        auto measuring = metrics();
        co_return co_await std::move(measuring);
    }
    if (server_.draining()) co_return problem(503, "kimbap is shutting down");
    auto handling = api_.handle(request, std::move(*identity));
    co_return co_await std::move(handling);
}

Task<net::HttpResponse> FrontDoor::decision_page(net::HttpRequest& request) {
    if (server_.draining()) co_return problem(503, "kimbap is shutting down");
    bool refused = false;
    auto handling = decisions_.handle(request, refused);
    net::HttpResponse answer = co_await std::move(handling);
    if (refused) record_auth_failure(gateway_, request, "decision link");
    co_return answer;
}

Task<net::HttpResponse> FrontDoor::ready() const {
    if (server_.draining()) co_return problem(503, "kimbap is shutting down");
    const auto rules = gateway_.rules().current();
    if (rules->policy->empty()) co_return problem(503, "no policy is loaded");
    auto probing = store::probe(gateway_.store());
    const Result<void> writable = co_await std::move(probing);
    if (!writable) co_return not_ready(writable.error());
    auto checking = gateway_.workers().run([this]() -> Result<void> {
        vault::Vault& vault = gateway_.vault();
        return vault.check_is_instant() ? vault.check() : Result<void>{};
    });
    const Result<void> opens = co_await std::move(checking);
    if (!opens) co_return not_ready(opens.error());
    co_return text_response("ready\n");
}

/// Anybody may ask: where a database server is, and as whom kimbap goes there, is not for them.
net::HttpResponse FrontDoor::not_ready(const Error& error) const {
    if (gateway_.config().store == store::kEmbedded) return problem(503, error.message);
    log::error("not ready", {{"error", error.message}});
    return problem(503, "the store can't be used (the log says why)");
}

Task<net::HttpResponse> FrontDoor::metrics() const {
    struct Counts {
        std::size_t pending = 0;
        std::vector<store::DeliveryCount> undelivered;
    };
    auto counting = gateway_.workers().run([this] {
        return store::query(gateway_.store(),
                            [](const store::Snapshot& snapshot) -> Result<Counts> {
                                const auto pending = snapshot.approvals().count_pending();
                                if (!pending) return pending.error();
                                auto undelivered = snapshot.outbox().undelivered();
                                if (!undelivered) return undelivered.error();
                                return Counts{*pending, std::move(*undelivered)};
                            });
    });
    const auto counts = co_await std::move(counting);
    if (!counts) co_return problem(counts.error());
    const auto rules = gateway_.rules().current();
    std::string out;
    const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
        out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        out.append(name).append(" gauge\n").append(name).append(" ");
        out.append(std::to_string(value)).append("\n");
    };
    gauge("kimbap_mcp_sessions", "Legacy MCP sessions that are open.", server_.sessions());
    gauge("kimbap_mcp_running_requests", "MCP requests that are being served.",
          server_.running_requests());
    gauge("kimbap_approvals_pending", "Calls that wait for an operator.", counts->pending);
    gauge("kimbap_actions", "Actions that the manifests declare.",
          rules->actions->actions().size());
    gauge("kimbap_policy_rules", "Rules of the policy in force.", rules->policy->rules().size());
    append_undelivered(out, gateway_.config(), counts->undelivered);
    gateway_.services().metrics.append_to(out);
    net::HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = std::move(out);
    co_return response;
}

}  // namespace kimbap::app
