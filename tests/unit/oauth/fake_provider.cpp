#include "unit/oauth/fake_provider.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "oauth/provider_set.hpp"
#include "store/audit_store.hpp"

namespace kimbap::oauth::test {

using kimbap::test::Answer;
using kimbap::test::Received;

std::map<std::string, std::string> form_of(const std::string& body) {
    std::map<std::string, std::string> out;
    for (const std::string_view pair : split(body, '&')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        out[*percent_decode(pair.substr(0, equals))] = *percent_decode(pair.substr(equals + 1));
    }
    return out;
}

FakeAuthorizationServer::FakeAuthorizationServer()
    : upstream_([this](const Received& request) { return answer(request); }) {}

void FakeAuthorizationServer::next(std::vector<Answer> answers) {
    const std::lock_guard lock(mutex_);
    next_ = std::move(answers);
}

void FakeAuthorizationServer::during(std::function<void()> act) {
    const std::lock_guard lock(mutex_);
    during_ = std::move(act);
}

std::vector<std::string> FakeAuthorizationServer::revoked() const {
    const std::lock_guard lock(mutex_);
    return revoked_;
}

std::string FakeAuthorizationServer::refresh_token() const {
    const std::lock_guard lock(mutex_);
    return refresh_token_;
}

Answer FakeAuthorizationServer::answer(const Received& request) {
    const auto form = form_of(request.body);
    if (request.target == "/revoke") {
        const std::lock_guard lock(mutex_);
        revoked_.push_back(form.at("token"));
        return {200, ""};
    }
    if (request.target == "/device") {
        return {200, R"({"device_code":"dev-1","user_code":"ABCD-EFGH","expires_in":60,"interval":1,
                         "verification_uri":"http://127.0.0.1/device"})"};
    }
    std::function<void()> act;
    {
        const std::lock_guard lock(mutex_);
        act = during_;
    }
    if (act) act();
    {
        const std::lock_guard lock(mutex_);
        if (!next_.empty()) {
            const Answer out = next_.front();
            next_.erase(next_.begin());
            return out;
        }
    }
    if (request.header("Authorization") != "Basic " + base64_encode("kimbap:client-secret")) {
        return {401, R"({"error":"invalid_client"})"};
    }
    return grant(form);
}

Answer FakeAuthorizationServer::grant(const std::map<std::string, std::string>& form) {
    const std::lock_guard lock(mutex_);
    const std::string type = form.at("grant_type");
    if (type != "refresh_token") return tokens();
    ++refreshes_;
    if (family_revoked_ || form.at("refresh_token") != refresh_token_) {
        family_revoked_ = true;
        return {400, R"({"error":"invalid_grant","error_description":"spent"})"};
    }
    return tokens();
}

Answer FakeAuthorizationServer::tokens() {
    const std::string number = std::to_string(++given_);
    refresh_token_ = "refresh-" + number;
    return {200, R"({"access_token":"access-)" + number +
                     R"(","token_type":"bearer","refresh_token":")" + refresh_token_ +
                     R"(","expires_in":)" + std::to_string(expires_in) + "}"};
}

Provider fake_provider(const std::string& url) {
    Provider out;
    out.name = "fake";
    out.endpoints = {url + "/authorize", url + "/token", url + "/device", url + "/revoke"};
    out.flows = {Flow::authorization_code, Flow::device, Flow::client_credentials};
    out.client_id = "kimbap";
    out.client_secret_ref = "oauth/fake/client_secret";
    out.origins = {"https://*.fake.example"};
    return out;
}

FixedProviders::FixedProviders(Provider provider) {
    set_ = ProviderSet::of({std::move(provider)});
}

Installation::Installation(const std::string& data, const Secret& vault_secret,
                           const std::string& provider_url, const Clock& clock_,
                           BrokerOptions wanted, const std::string& where)
    : store(store::open_store({data, true, where}).value()),
      clock(clock_),
      vault(*store, clock, vault_secret, {vault::kMinIterations}),
      connections(*store, vault, clock,
                  [this](store::Transaction&, const Connection& connection) -> Result<void> {
                      alarms.push_back(connection.id.text());
                      return {};
                  }),
      providers(fake_provider(provider_url)),
      options(std::move(wanted)),
      broker(providers, connections, vault, workers, clock, options),
      connector(providers, connections, vault, workers, clock, options) {
    if (!vault.check()) throw std::runtime_error("the vault");
    if (!vault.open_blocking("oauth/fake/client_secret")) {
        if (!vault.set("oauth/fake/client_secret", Secret("client-secret"), "test")) {
            throw std::runtime_error("the client secret");
        }
    }
}

Result<AccessToken> Installation::token(const std::string& origin) {
    return run(broker.token({"fake"}, origin, http));
}

Result<AccessToken> Installation::replace(std::int64_t version) {
    return run(broker.replace({"fake"}, version, http));
}

void Installation::connect(std::chrono::seconds life) {
    ConnectionRecord record;
    Connection& connection = record.connection;
    connection.id = {"fake"};
    connection.token_endpoint = providers.providers()->find("fake")->endpoints.token;
    connection.revocation_endpoint = providers.providers()->find("fake")->endpoints.revocation;
    connection.client_id = "kimbap";
    connection.obtained_at = clock.now();
    connection.expires_at = clock.now() + life;
    record.access_token = Secret("access-0");
    record.refresh_token = Secret("refresh-0");
    if (!connections.put(record, 0, "connected", "test")) throw std::runtime_error("connect");
}

std::vector<std::string> Installation::audit_lines() {
    std::vector<std::string> lines;
    const auto read = store->read([&](const store::Snapshot& snapshot) {
        return snapshot.audit().scan(0, [&](const store::AuditRow& row) {
            lines.push_back(row.line);
            return true;
        });
    });
    if (!read) throw std::runtime_error("the log");
    return lines;
}

}  // namespace kimbap::oauth::test
