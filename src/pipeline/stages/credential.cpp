#include "base/log.hpp"
#include "manifests/injection.hpp"
#include "net/url.hpp"
#include "oauth/broker.hpp"
#include "oauth/needed_scopes.hpp"
#include "pipeline/sent_forms.hpp"
#include "pipeline/stages/stages.hpp"
#include "vault/vault.hpp"

namespace kimbap::pipeline::stages {

namespace {

bool unusable(Call& call, const Error& error) {
    return call.end(Disposition::unavailable, "The credential for " + call.action->service->name +
                                                  " can't be used: " + error.message);
}

void take_token(Call& call, oauth::AccessToken token) {
    call.credential = std::move(token.value);
    call.credential_version = token.version;
    call.scrubber.add(call.credential.reveal());
}

Task<bool> take_brokered(Call& call, Services& services, net::HttpClient& http) {
    const auto url = net::parse_url(call.action->service->base_url);
    if (!url) co_return unusable(call, url.error());
    auto asking =
        services.oauth.token(oauth::connection_of(call.action->action->auth), url->origin(), http);
    auto token = co_await std::move(asking);
    if (!token) co_return unusable(call, token.error());
    take_token(call, std::move(*token));
    co_return true;
}

Task<bool> take_stored(Call& call, Services& services) {
    const manifests::Auth& auth = call.action->action->auth;
    std::optional<Result<Secret>> opened = services.vault.try_open(auth.credential_ref);
    if (!opened) {
        auto opening = services.vault.open(auth.credential_ref, services.workers);
        opened.emplace(co_await std::move(opening));
    }
    if (!*opened) co_return unusable(call, opened->error());
    call.credential = std::move(**opened);
    add_sent_forms(call.scrubber, auth.type, call.credential.reveal());
    co_return true;
}

}  // namespace

Task<bool> credential(Call& call, Services& services, net::HttpClient& http) {
    const manifests::Auth& auth = call.action->action->auth;
    if (auth.type == manifests::AuthType::none) co_return true;
    auto taking =
        auth.brokered() ? take_brokered(call, services, http) : take_stored(call, services);
    if (!co_await std::move(taking)) co_return false;
    // Each request gets it when it is sent; that it can be is known before anything starts.
    const auto injected = manifests::inject(call.rendered, auth, call.credential.reveal());
    if (!injected) co_return call.end(Disposition::unavailable, injected.error().message);
    co_return true;
}

Task<bool> renew_credential(Call& call, Services& services, net::HttpClient& http) {
    const oauth::ConnectionId id = oauth::connection_of(call.action->action->auth);
    auto asking = services.oauth.replace(id, call.credential_version, http);
    auto token = co_await std::move(asking);
    if (!token) {
        log::warn("a service refused an OAuth access token",
                  {{"connection", id.text()}, {"renewal", token.error().message}});
        co_return false;
    }
    take_token(call, std::move(*token));
    co_return true;
}

}  // namespace kimbap::pipeline::stages
