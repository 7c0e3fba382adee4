#include "app/token_authenticator.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>

#include "app/auth_failures.hpp"
#include "app/principal.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "identity/token_registry.hpp"
#include "net/http_server.hpp"

namespace kimbap::app {

namespace {

constexpr std::string_view kChallenge = "Bearer realm=\"kimbap\"";
/// How long an open stream waits to hear whether its token still serves, with nothing sent
/// meanwhile, where the store can't be read: a database that restarts ends nobody's call.
constexpr std::chrono::seconds kStoreMayBeAway{60};
constexpr std::chrono::milliseconds kPause{500};

}  // namespace

std::string_view bearer_of(const net::HttpRequest& request) {
    const std::string_view header = request.header("Authorization");
    if (header.size() < 7 || !iequals(header.substr(0, 7), "Bearer ")) return {};
    return trim(header.substr(7));
}

bool is_lookup_failure(const Error& error) {
    if (error.code == Errc::unauthenticated) return false;
    log::error("tokens can't be checked", {{"error", error.message}});
    return true;
}

TokenAuthenticator::TokenAuthenticator(Gateway& gateway) : gateway_(gateway) {
    const std::string& agent = gateway.config().http.anonymous_agent;
    if (!agent.empty()) {
        anonymous_ = std::make_shared<const AgentPrincipal>(agent, std::vector<std::string>{});
    }
}

Task<mcp::AuthOutcome> TokenAuthenticator::authenticate(const net::HttpRequest& request) {
    const std::string_view bearer = bearer_of(request);
    if (bearer.empty() && !request.has_header("Authorization") && anonymous_) co_return anonymous_;
    std::optional<Result<identity::IdentityPtr>> known = gateway_.tokens().try_authenticate(bearer);
    if (!known) {
        auto authenticating = gateway_.tokens().authenticate(bearer, gateway_.workers());
        known.emplace(co_await std::move(authenticating));
    }
    if (!*known && is_lookup_failure(known->error())) {
        co_return mcp::AuthRefusal{503, std::string(kTokensUnknown), ""};
    }
    if (!*known) {
        record_auth_failure(gateway_, request, "agent");
        const bool sent = request.has_header("Authorization");
        co_return mcp::AuthRefusal{
            401, known->error().message,
            std::string(kChallenge) + (sent ? ", error=\"invalid_token\"" : "")};
    }
    if ((**known)->is_operator) {
        record_auth_failure(gateway_, request, "agent");
        co_return mcp::AuthRefusal{
            403,
            "this is an operator's token: it reaches the operator API, not MCP "
            "(create one with `kimbap token create --agent NAME`)",
            ""};
    }
    co_return std::make_shared<const AgentPrincipal>(**known);
}

Task<bool> TokenAuthenticator::still_valid(mcp::PrincipalPtr principal) {
    const auto* agent = dynamic_cast<const AgentPrincipal*>(principal.get());
    if (agent == nullptr || !agent->identity()) co_return true;
    const auto deadline = std::chrono::steady_clock::now() + kStoreMayBeAway;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        auto checking = gateway_.tokens().still_valid(agent->identity(), gateway_.workers());
        const Result<bool> valid = co_await std::move(checking);
        if (valid) co_return *valid;
        if (std::chrono::steady_clock::now() > deadline) co_return false;
        timer.expires_after(kPause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace kimbap::app
