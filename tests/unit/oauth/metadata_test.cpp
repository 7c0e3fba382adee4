#include "oauth/metadata.hpp"

#include <gmock/gmock.h>

#include "support/upstream.hpp"
#include "unit/net/support/client_harness.hpp"

namespace kimbap::oauth {
namespace {

using ::testing::HasSubstr;

/// What fetch_metadata makes of a document; "@" in it stands for the server's own URL.
Result<Metadata> discover(std::string document,
                          const std::string& at = "/.well-known/openid-configuration",
                          const std::string& path = "") {
    kimbap::test::Upstream upstream([&](const kimbap::test::Received& request) {
        const std::string url = "http://" + request.header("Host");
        std::string body = document;
        for (std::size_t i = body.find('@'); i != std::string::npos; i = body.find('@'))
            body.replace(i, 1, url);
        return request.target == at ? kimbap::test::Answer{200, body}
                                    : kimbap::test::Answer{404, ""};
    });
    Provider provider;
    provider.name = "fake";
    provider.issuer = upstream.url() + path;
    provider.discovered = true;
    net::test::ClientHarness harness;
    return kimbap::test::run_on(harness.context, fetch_metadata(provider, harness.client));
}

constexpr const char* kGood =
    R"({"issuer":"@","token_endpoint":"@/t","authorization_endpoint":"@/a",
    "authorization_response_iss_parameter_supported":true})";

TEST(Metadata, IsDiscovered) {
    const auto metadata = discover(kGood);
    ASSERT_TRUE(metadata) << metadata.error().message;
    EXPECT_THAT(metadata->endpoints.token, ::testing::EndsWith("/t"));
    EXPECT_TRUE(metadata->iss_in_response);
}

TEST(Metadata, IsFoundWhereRfc8414PutsIt) {
    EXPECT_TRUE(discover(kGood, "/.well-known/oauth-authorization-server"));
    EXPECT_TRUE(discover(R"({"issuer":"@/tenant","token_endpoint":"@/t"})",
                         "/.well-known/oauth-authorization-server/tenant", "/tenant"));
}

TEST(Metadata, MustSpeakForTheIssuerThatWasAsked) {
    const auto metadata = discover(R"({"issuer":"https://evil.example","token_endpoint":"@/t"})");
    ASSERT_FALSE(metadata);
    EXPECT_THAT(metadata.error().message, HasSubstr("https://evil.example, not for"));
}

TEST(Metadata, MustNotLeadSecretsOntoPlainHttp) {
    EXPECT_THAT(discover(R"({"issuer":"@","token_endpoint":"http://10.0.0.1/t"})").error().message,
                HasSubstr("not an https URL"));
    EXPECT_THAT(
        discover(R"({"issuer":"@","token_endpoint":"@/t","revocation_endpoint":"file:///x"})")
            .error()
            .message,
        HasSubstr("not an https URL"));
}

TEST(Metadata, ThatIsNoneIsSaid) {
    EXPECT_THAT(discover("<html>").error().message, HasSubstr("not a JSON object"));
    EXPECT_THAT(discover("{\"issuer\":\"@\"}").error().message, HasSubstr("no token_endpoint"));
    EXPECT_FALSE(discover(kGood, "/elsewhere"));
}

}  // namespace
}  // namespace kimbap::oauth
