#include "oauth/provider_reader.hpp"

#include <gmock/gmock.h>

#include "oauth/provider_set.hpp"

namespace kimbap::oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool no_plain_http(std::string_view, std::uint16_t) {
    return false;
}

constexpr std::string_view kWhole = R"(name: shop
description: A shop
issuer: https://login.shop.example
authorization_endpoint: https://login.shop.example/authorize
token_endpoint: https://login.shop.example/token
device_authorization_endpoint: https://login.shop.example/device
revocation_endpoint: https://login.shop.example/revoke
flows: [authorization_code, device, client_credentials]
client: {authentication: client_secret_post, id: kimbap, secret_ref: oauth/shop/key}
scopes: [read, write]
origins: ["https://*.shop.example"]
authorization_parameters: {prompt: consent}
loopback: {host: localhost, port: 8765, path: /back}
quirks:
  scope_separator: ","
  token_request: json
  token_headers: {Shop-Version: "2"}
  token_path: user
  account_path: user.name
  any_token_type: true
  permanent_errors: [gone]
  revocation: bearer
)";

struct Loaded {
    std::shared_ptr<const ProviderSet> set;
    Faults faults;
};

Loaded load(std::vector<ProviderFile> files) {
    Loaded out;
    out.set = ProviderSet::load(files, no_plain_http, out.faults);
    return out;
}

TEST(ProviderReader, ReadsEveryKey) {
    const Loaded loaded = load({{"p.yaml", std::string(kWhole)}});
    ASSERT_TRUE(loaded.faults.empty()) << to_string(loaded.faults);
    const Provider& provider = *loaded.set->find("shop");
    EXPECT_EQ(provider.file, "p.yaml");
    EXPECT_FALSE(provider.discovered);
    EXPECT_EQ(provider.endpoints.revocation, "https://login.shop.example/revoke");
    EXPECT_THAT(provider.flows,
                ElementsAre(Flow::authorization_code, Flow::device, Flow::client_credentials));
    EXPECT_EQ(provider.authentication, ClientAuthentication::client_secret_post);
    EXPECT_EQ(provider.client_id, "kimbap");
    EXPECT_EQ(provider.client_id_ref, "oauth/shop/client_id");
    EXPECT_EQ(provider.client_secret_ref, "oauth/shop/key");
    EXPECT_EQ(provider.loopback.host, "localhost");
    EXPECT_EQ(provider.loopback.port, 8765);
    EXPECT_EQ(provider.scope_separator, ",");
    EXPECT_EQ(provider.token_request, TokenRequestFormat::json);
    EXPECT_EQ(provider.token_path, "user");
    EXPECT_TRUE(provider.any_token_type);
    EXPECT_EQ(provider.revocation, RevocationStyle::bearer);
}

TEST(ProviderReader, TokensGoToItsOriginsAlone) {
    const Loaded loaded = load({{"p.yaml", std::string(kWhole)}});
    const Provider& provider = *loaded.set->find("shop");
    EXPECT_TRUE(provider.admits("https://api.shop.example"));
    EXPECT_FALSE(provider.admits("https://evil.example"));
    EXPECT_FALSE(provider.admits("http://api.shop.example"));
}

TEST(ProviderReader, NamesEveryFaultWithItsPlace) {
    struct Case {
        std::string text;
        std::string says;
    };
    const std::string head = "name: a\ntoken_endpoint: https://a.example/t\n";
    const std::vector<Case> cases{
        {head + "flows: [client_credentials]\ncleint: {}\n",
         "p.yaml:4:1: unknown key \"cleint\" (did you mean \"client\"?)"},
        {head + "flows: [password]\n", "p.yaml:3:9: "},
        {head + "flows: [device]\n",
         "p.yaml:3:8: flows: the flow device needs \"device_authorization_endpoint\""},
        {"name: a\nflows: [device]\n", "neither \"token_endpoint\" nor \"issuer\" is there"},
        {"name: A b\ntoken_endpoint: https://a.example/t\nflows: [client_credentials]\n",
         "p.yaml:1:7: name: \"A b\" is not a provider name"},
        {"name: a\ntoken_endpoint: http://a.example/t\nflows: [client_credentials]\n",
         "p.yaml:2:17: token_endpoint: plain http"},
        {head + "flows: [client_credentials]\nclient: {secret_ref: shop.token}\n",
         "p.yaml:4:22: client.secret_ref: \"shop.token\" may be named by manifests too"},
        {head +
             "flows: [client_credentials]\nclient: {authentication: none, secret_ref: oauth/x}\n",
         "a public client has no secret"},
        {head +
             "flows: [client_credentials]\nclient: {authentication: none}\nquirks: {pkce: false}\n",
         "a public client without PKCE"},
        {head + "flows: [client_credentials]\norigins: [api.example.com]\n",
         "\"api.example.com\" is not an origin"},
        {head + "flows: [client_credentials]\nloopback: {host: 0.0.0.0}\n", "p.yaml:4:18: "},
        {head + "flows: [client_credentials]\nscopes: [\"a b\"]\n", "\"a b\" is not a scope"},
    };
    for (const Case& one : cases) {
        const Loaded loaded = load({{"p.yaml", one.text}});
        EXPECT_THAT(to_string(loaded.faults), HasSubstr(one.says)) << one.text;
    }
}

TEST(ProviderSet, AnOperatorsFileReplacesAShippedOne) {
    const std::string shipped =
        "name: a\ntoken_endpoint: https://a.example/t\nflows: [client_credentials]\n";
    const std::string own =
        "name: a\ntoken_endpoint: https://b.example/t\nflows: [client_credentials]\n";
    for (const bool own_first : {false, true}) {
        std::vector<ProviderFile> files{{"shipped", shipped, true}, {"own", own, false}};
        if (own_first) std::swap(files[0], files[1]);
        const Loaded loaded = load(files);
        ASSERT_TRUE(loaded.faults.empty());
        EXPECT_EQ(loaded.set->find("a")->endpoints.token, "https://b.example/t");
    }
    EXPECT_THAT(to_string(load({{"x", own, false}, {"y", own, false}}).faults),
                HasSubstr("y:1:1: a second provider named \"a\" (the first is in x)"));
}

}  // namespace
}  // namespace kimbap::oauth
