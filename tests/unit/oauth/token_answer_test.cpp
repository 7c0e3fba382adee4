#include "oauth/token_answer.hpp"

#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "oauth/endpoint_request.hpp"

namespace kimbap::oauth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace json = boost::json;

Provider plain() {
    Provider out;
    out.name = "shop";
    out.client_secret_ref = "oauth/shop/client_secret";
    return out;
}

TokenAnswer read(std::string_view body, unsigned status = 200, const Provider& provider = plain()) {
    return read_token_answer(provider, status, body, scrub::Scrubber{});
}

TEST(TokenAnswer, HoldsTokens) {
    const TokenAnswer answer = read(R"({"access_token":"a1","token_type":"Bearer","expires_in":3600,
        "refresh_token":"r1","scope":"read write","id_token":"x.y.z"})");
    ASSERT_TRUE(answer.tokens) << answer.error.message;
    EXPECT_EQ(answer.tokens->access_token.reveal(), "a1");
    EXPECT_EQ(answer.tokens->refresh_token.reveal(), "r1");
    EXPECT_EQ(answer.tokens->id_token.reveal(), "x.y.z");
    EXPECT_EQ(answer.tokens->expires_in, std::chrono::seconds(3600));
    EXPECT_EQ(answer.tokens->scopes, (std::vector<std::string>{"read", "write"}));
}

TEST(TokenAnswer, ReadsLifetimesAsProvidersWriteThem) {
    const auto lifetime = [](const std::string& json) {
        return read("{\"access_token\":\"a\",\"expires_in\":" + json + "}").tokens->expires_in;
    };
    EXPECT_EQ(lifetime("\"3600\""), std::chrono::seconds(3600));
    EXPECT_EQ(lifetime("3599.5"), std::chrono::seconds(3599));
    EXPECT_EQ(lifetime("0"), std::nullopt);
    EXPECT_EQ(lifetime("-5"), std::nullopt);
    EXPECT_EQ(lifetime("null"), std::nullopt);
    EXPECT_EQ(lifetime("\"soon\""), std::nullopt);
    EXPECT_EQ(lifetime("9223372036854775807"), std::chrono::hours(10 * 365 * 24));
    EXPECT_EQ(lifetime("1e300"), std::chrono::hours(10 * 365 * 24));
    EXPECT_EQ(read(R"({"access_token":"a"})").tokens->expires_in, std::nullopt);
}

TEST(TokenAnswer, KnowsErrorsInsideA200) {
    Provider github = plain();
    github.permanent_errors = {"bad_refresh_token"};
    const TokenAnswer spent = read(
        R"({"error":"bad_refresh_token","error_description":"The refresh token passed is incorrect"})",
        200, github);
    EXPECT_EQ(spent.refusal, Refusal::invalid_grant);
    EXPECT_THAT(spent.error.message, HasSubstr("bad_refresh_token (The refresh token passed"));

    Provider slack = plain();
    slack.permanent_errors = {"token_revoked"};
    EXPECT_EQ(read(R"({"ok":false,"error":"token_revoked"})", 200, slack).refusal,
              Refusal::invalid_grant);
    EXPECT_EQ(read(R"({"ok":false,"error":"ratelimited"})", 200, slack).refusal,
              Refusal::temporary);
    EXPECT_FALSE(read(R"({"ok":false})", 200, slack).tokens);
    EXPECT_FALSE(read(R"({"ok":false,"access_token":"a"})", 200, slack).tokens);
}

TEST(TokenAnswer, TellsRefusalsApart) {
    struct Case {
        unsigned status;
        const char* body;
        Refusal refusal;
    };
    for (const Case& one : {
             Case{400, R"({"error":"invalid_grant"})", Refusal::invalid_grant},
             Case{401, R"({"error":"invalid_client"})", Refusal::invalid_client},
             Case{400, R"({"error":"unauthorized_client"})", Refusal::invalid_client},
             Case{401, "", Refusal::invalid_client},
             Case{400, R"({"error":"authorization_pending"})", Refusal::pending},
             Case{400, R"({"error":"slow_down"})", Refusal::slow_down},
             Case{400, R"({"error":"access_denied"})", Refusal::denied},
             Case{400, R"({"error":"expired_token"})", Refusal::expired},
             Case{400, R"({"error":"invalid_scope"})", Refusal::other},
             Case{429, R"({"error":"slow"})", Refusal::temporary},
             Case{503, "<html>busy</html>", Refusal::temporary},
             Case{500, R"({"error":"server_error"})", Refusal::temporary},
             Case{200, "", Refusal::temporary},
             Case{200, "[1]", Refusal::temporary},
             Case{200, "{}", Refusal::temporary},
             Case{200, R"({"access_token":5})", Refusal::temporary},
             Case{200, R"({"access_token":""})", Refusal::temporary},
             Case{404, "not here", Refusal::other},
             Case{302, "", Refusal::other},
             Case{400, R"({"error":{"code":"invalid_grant","message":"x"}})",
                  Refusal::invalid_grant},
         }) {
        const TokenAnswer answer = read(one.body, one.status);
        EXPECT_EQ(answer.refusal, one.refusal) << one.status << " " << one.body;
        EXPECT_FALSE(answer.tokens);
        EXPECT_FALSE(answer.error.message.empty());
    }
    EXPECT_THAT(read(R"({"error":"invalid_client"})", 401).error.message,
                HasSubstr("kimbap vault set oauth/shop/client_secret"));
}

TEST(TokenAnswer, AClientErrorIsNoReasonToGiveTheTokenUp) {
    EXPECT_EQ(read(R"({"error":"invalid_client"})", 401).error.code, Errc::invalid_config);
}

TEST(TokenAnswer, RefusesTokensOfOtherKinds) {
    const std::string dpop = R"({"access_token":"a","token_type":"DPoP"})";
    EXPECT_EQ(read(dpop).error.code, Errc::unsupported);
    Provider slack = plain();
    slack.any_token_type = true;
    EXPECT_TRUE(read(R"({"ok":true,"access_token":"a","token_type":"bot"})", 200, slack).tokens);
}

TEST(TokenAnswer, RefusesTokensThatNoHeaderTakes) {
    EXPECT_FALSE(read(R"({"access_token":"a\r\nX: y"})").tokens);
    EXPECT_FALSE(read(R"({"access_token":"a b"})").tokens);
    EXPECT_FALSE(read("{\"access_token\":\"" + std::string(kMaxTokenSize + 1, 'a') + "\"}").tokens);
    EXPECT_FALSE(read(R"({"access_token":"a","refresh_token":"b\nc"})").tokens);
}

TEST(TokenAnswer, LooksWhereTheProviderPutsThings) {
    Provider slack = plain();
    slack.token_path = "authed_user";
    slack.account_path = "team.name";
    const TokenAnswer answer =
        read(R"({"ok":true,"team":{"name":"A\u0007cme"},"authed_user":{"access_token":"xoxp-1"}})",
             200, slack);
    ASSERT_TRUE(answer.tokens);
    EXPECT_EQ(answer.tokens->access_token.reveal(), "xoxp-1");
    EXPECT_EQ(answer.tokens->account, "A?cme");
    EXPECT_FALSE(read(R"({"ok":true,"access_token":"a"})", 200, slack).tokens);
}

TEST(TokenAnswer, RepeatsNothingThatWasSent) {
    Client client{"id/1", Secret("CLIENT/SECRET+z9")};
    const Parameters parameters{{"grant_type", "refresh_token"},
                                {"refresh_token", "REFRESH-token-4"},
                                {"code_verifier", "VERIFIER-0123456789"}};
    Provider provider = plain();
    provider.authentication = ClientAuthentication::client_secret_basic;
    net::OutboundRequest request;
    Parameters asked = parameters;
    authenticate(provider, client, request, asked);
    const scrub::Scrubber sent = secrets_of(client, request, asked);
    const std::string basic = request.headers.at(0).second;
    const std::string echo = "grant_type=refresh_token&refresh_token=REFRESH-token-4 " + basic +
                             " CLIENT%2FSECRET%2Bz9 VERIFIER-0123456789";
    for (const char* key : {"error_description", "error", "message"}) {
        json::object told{{"error", "server_error"}};
        told[key] = std::string(170, '.') + echo;
        const std::string body = to_json(told);
        const std::string message = read_token_answer(provider, 503, body, sent).error.message;
        EXPECT_THAT(message, HasSubstr("grant_type=refresh_token")) << message;
        for (const std::string& secret : {std::string("REFRESH"), std::string("VERIFIER"),
                                          std::string("CLIENT"), basic.substr(6, 8)}) {
            EXPECT_THAT(message, Not(HasSubstr(secret))) << key;
        }
    }
}

TEST(TokenAnswer, QuotesPeersBriefly) {
    const std::string long_error = "{\"error\":\"" + std::string(5000, 'x') + "\\u001b[2J\"}";
    const std::string message = read(long_error, 400).error.message;
    EXPECT_LT(message.size(), 400U);
    EXPECT_THAT(message, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kimbap::oauth
