#include "async/worker_pool.hpp"
#include "base/log.hpp"
#include "oauth/connector.hpp"
#include "oauth/loopback_receiver.hpp"
#include "oauth/needed_scopes.hpp"
#include "oauth/pending_attempts.hpp"
#include "operator_api/body_fields.hpp"
#include "operator_api/operator_api.hpp"
#include "operator_api/problem.hpp"
#include "operator_api/resources.hpp"

namespace kimbap::operator_api {

namespace json = boost::json;

namespace {

/// What came of talking to a provider. Its refusals are no word on the operator who asks, whose
/// client would take a 401 for one on its own token.
net::HttpResponse provider_problem(Error error) {
    const bool refused = error.code == Errc::unauthenticated || error.code == Errc::forbidden;
    if (refused) error.code = Errc::protocol_error;
    return problem(error);
}

Task<net::HttpResponse> start_in_browser(const ApiRequest& request, ApiServices& services,
                                         oauth::ConnectionWish wish, net::HttpClient& http) {
    const std::string redirect_uri = services.oauth.public_url.empty()
                                         ? request.server_url + std::string(kCallbackPath)
                                         : services.oauth.public_url + std::string(kCallbackPath);
    const oauth::ConnectionId id = wish.id;
    auto starting = services.oauth.connector.start(std::move(wish), redirect_uri, http);
    auto attempt = co_await std::move(starting);
    if (!attempt) co_return provider_problem(attempt.error());
    const auto rules = services.rules.current();
    const oauth::Provider* provider = rules->providers->find(id.provider);
    if (provider == nullptr) co_return problem(404, "the provider is gone");
    json::object body{
        {"id", id.text()},
        {"state", "pending"},
        {"authorization_url", oauth::authorization_url(*attempt, *provider)},
        {"redirect_uri", redirect_uri},
        {"expires_at", format_time(attempt->started_at + oauth::PendingAttempts::kKeep)}};
    const Result<void> added =
        services.oauth.attempts.add(std::move(*attempt), services.clock.now());
    if (!added) co_return problem(added.error());
    net::HttpResponse response = json_response(body, 201);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

Task<net::HttpResponse> list_connections(const ApiRequest&, ApiServices& services) {
    auto listing = services.workers.run([&services] { return services.oauth.connections.list(); });
    const auto connections = co_await std::move(listing);
    if (!connections) co_return problem(connections.error());
    json::array list;
    for (const auto& connection : *connections) {
        list.push_back(oauth::to_json(connection, services.clock.now()));
    }
    json::object body{{"connections", std::move(list)}};
    co_return json_response(body);
}

Task<net::HttpResponse> create_connection(const ApiRequest& request, ApiServices& services) {
    BodyFields fields(request.body);
    const std::string provider_name = fields.text("provider");
    std::string name = fields.text("name");
    const std::string flow = fields.text("flow");
    std::vector<std::string> scopes = fields.texts("scopes");
    if (auto refused = fields.refusal()) co_return std::move(*refused);
    if (name.empty()) name = oauth::kDefaultConnection;
    const auto id = oauth::parse_connection_id(provider_name + "." + name);
    if (!id) co_return problem(id.error());
    const auto rules = services.rules.current();
    const oauth::Provider* provider = rules->providers->find(id->provider);
    if (provider == nullptr) {
        co_return problem(404, "no OAuth provider is called \"" + id->provider + "\"");
    }
    if (scopes.empty()) scopes = oauth::needed_scopes(*provider, *id, *rules->actions);
    oauth::ConnectionWish wish{*id, std::move(scopes), request.caller->name};
    auto finding = services.oauth.http();
    net::HttpClient& http = *co_await std::move(finding);
    if (flow.empty() || flow == oauth::name(oauth::Flow::authorization_code)) {
        auto starting = start_in_browser(request, services, std::move(wish), http);
        co_return co_await std::move(starting);
    }
    if (flow != oauth::name(oauth::Flow::client_credentials)) {
        co_return problem(400,
                          "\"flow\" must be authorization_code or client_credentials (a device "
                          "flow is for `kimbap auth connect`, which waits for it)");
    }
    auto connecting = services.oauth.connector.connect_as_client(std::move(wish), http);
    const auto connection = co_await std::move(connecting);
    if (!connection) co_return provider_problem(connection.error());
    json::object body = oauth::to_json(*connection, services.clock.now());
    co_return json_response(body, 201);
}

Task<net::HttpResponse> revoke_connection(const ApiRequest& request, ApiServices& services) {
    const auto id = oauth::parse_connection_id(request.id);
    if (!id) co_return problem(id.error());
    const bool here_only = request.query_or("here_only", "false") == "true";
    auto finding = services.oauth.http();
    net::HttpClient& http = *co_await std::move(finding);
    auto revoking = services.oauth.connector.revoke(*id, request.caller->name, here_only, http);
    const auto outcome = co_await std::move(revoking);
    if (!outcome) co_return provider_problem(outcome.error());
    json::object body{{"id", id->text()},
                      {"revoked_at_provider", *outcome == oauth::RevocationOutcome::revoked}};
    co_return json_response(body);
}

Task<net::HttpResponse> OperatorApi::callback(net::HttpRequest& request) {
    using net::http::status;
    auto query = oauth::parse_response_query(request.query());
    if (!query)
        co_return oauth::closing_page(status::bad_request, "Not an answer", query.error().message);
    auto attempt = services_.oauth.attempts.take((*query)["state"], services_.clock.now());
    if (!attempt) {
        co_return oauth::closing_page(status::bad_request, "Not an answer to any attempt",
                                      "Its state was not given out by this server, was used "
                                      "already, or is too old. Start again.");
    }
    const std::string id = attempt->id.text();
    auto finding = services_.oauth.http();
    net::HttpClient& http = *co_await std::move(finding);
    auto finishing = services_.oauth.connector.finish(std::move(*attempt), std::move(*query), http);
    const auto connection = co_await std::move(finishing);
    if (!connection) {
        log::warn("an OAuth connection was not made",
                  {{"connection", id}, {"error", connection.error().message}});
        co_return oauth::closing_page(status::bad_request, "Not connected",
                                      connection.error().message);
    }
    co_return oauth::closing_page(
        status::ok, "Connected",
        connection->id.text() +
            (connection->account.empty() ? "" : " (" + connection->account + ")") +
            " can be used by calls now. You can close this window.");
}

}  // namespace kimbap::operator_api
