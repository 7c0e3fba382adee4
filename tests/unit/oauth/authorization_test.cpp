#include "oauth/authorization.hpp"

#include <gmock/gmock.h>

namespace kimbap::oauth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AuthorizationAttempt attempt() {
    AuthorizationAttempt out;
    out.id = {"shop"};
    out.metadata.issuer = "https://login.shop.example";
    out.metadata.endpoints.authorization = "https://login.shop.example/authorize";
    out.client_id = "kimbap";
    out.redirect_uri = "http://127.0.0.1:4711/callback";
    out.state = "the-state";
    return out;
}

TEST(CodeChallenge, IsRfc7636AppendixB) {
    EXPECT_EQ(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(AuthorizationUrl, AsksWithStatePkceAndNonce) {
    Provider provider;
    provider.authorization_parameters = {{"prompt", "consent"}};
    AuthorizationAttempt one = attempt();
    one.scopes = {"openid", "read"};
    draw_randomness(one, provider);
    EXPECT_GE(one.state.size(), 43U);
    EXPECT_GE(one.verifier.size(), 43U);
    const std::string url = authorization_url(one, provider);
    EXPECT_THAT(
        url, HasSubstr("https://login.shop.example/authorize?response_type=code&client_id=kimbap"));
    EXPECT_THAT(url, HasSubstr("redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback"));
    EXPECT_THAT(url, HasSubstr("scope=openid%20read"));
    EXPECT_THAT(url, HasSubstr("code_challenge=" + code_challenge(one.verifier.reveal())));
    EXPECT_THAT(url, HasSubstr("code_challenge_method=S256"));
    EXPECT_THAT(url, HasSubstr("nonce=" + one.nonce));
    EXPECT_THAT(url, HasSubstr("prompt=consent"));
    EXPECT_THAT(url, Not(HasSubstr(std::string(one.verifier.reveal()))));

    AuthorizationAttempt other = attempt();
    draw_randomness(other, provider);
    EXPECT_NE(other.state, one.state);
    EXPECT_TRUE(other.nonce.empty());
}

TEST(AuthorizationResponse, GivesTheCode) {
    const auto query =
        parse_response_query("code=a%2Bb&state=the-state&iss=https%3A%2F%2Flogin.shop.example");
    ASSERT_TRUE(query);
    EXPECT_EQ(read_authorization_response(attempt(), *query)->reveal(), "a+b");
}

TEST(AuthorizationResponse, RefusesWhatIsNotTheAnswer) {
    struct Case {
        const char* query;
        Errc code;
        const char* says;
    };
    for (const Case& one : {
             Case{"code=a", Errc::forbidden, "state"},
             Case{"code=a&state=another", Errc::forbidden, "state"},
             Case{"code=a&state=the-stat", Errc::forbidden, "state"},
             Case{"code=a&state=the-state&iss=https%3A%2F%2Fevil.example", Errc::forbidden,
                  "https://evil.example and not from https://login.shop.example"},
             Case{"error=access_denied&error_description=No+way&state=the-state",
                  Errc::unauthenticated, "access_denied (No way)"},
             // An error is believed only from who knows the state.
             Case{"error=access_denied&state=x", Errc::forbidden, "state"},
             Case{"state=the-state", Errc::protocol_error, "neither code nor error"},
             Case{"code=&state=the-state", Errc::protocol_error, "neither code nor error"},
         }) {
        const auto query = parse_response_query(one.query);
        ASSERT_TRUE(query) << one.query;
        const auto code = read_authorization_response(attempt(), *query);
        ASSERT_FALSE(code) << one.query;
        EXPECT_EQ(code.error().code, one.code) << one.query;
        EXPECT_THAT(code.error().message, HasSubstr(one.says));
    }
}

TEST(AuthorizationResponse, WantsTheIssuerWhereTheServerAlwaysNamesIt) {
    AuthorizationAttempt strict = attempt();
    strict.metadata.iss_in_response = true;
    const auto query = parse_response_query("code=a&state=the-state");
    EXPECT_EQ(read_authorization_response(strict, *query).error().code, Errc::forbidden);
}

TEST(AuthorizationResponse, RefusesAmbiguousQueries) {
    EXPECT_FALSE(parse_response_query("code=a&code=b&state=s"));
    EXPECT_FALSE(parse_response_query("code=%zz"));
    EXPECT_TRUE(parse_response_query("")->empty());
    EXPECT_EQ(parse_response_query("a&b=&&c=d")->size(), 3U);
}

}  // namespace
}  // namespace kimbap::oauth
