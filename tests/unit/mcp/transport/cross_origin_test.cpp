#include "mcp/transport/cross_origin.hpp"

#include <gmock/gmock.h>

#include "unit/mcp/support/http_harness.hpp"

namespace kimbap::mcp {
namespace {

using net::http::verb;
using test::HeaderList;
using test::HttpHarness;
using ::testing::HasSubstr;
using ::testing::Not;

const HeaderList kPage{{"Origin", "https://app.example.com"}};

HttpOptions listing(std::vector<std::string> origins) {
    HttpOptions options;
    options.allowed_origins = std::move(origins);
    return options;
}

HeaderList preflight(const std::string& headers = "authorization,content-type") {
    return {{"Origin", "https://app.example.com"},
            {"Authorization", ""},
            {"Access-Control-Request-Method", "POST"},
            {"Access-Control-Request-Headers", headers}};
}

TEST(CrossOrigin, PreflightsAreAnsweredWithoutAToken) {
    HttpHarness http({}, listing({"https://app.example.com"}));
    const struct {
        const char* path;
        const char* methods;
    } rows[]{{"/mcp", "POST, GET, DELETE"}, {"/sse", "GET"}, {"/messages", "POST"}};
    for (const auto& row : rows) {
        const auto& sent = http.send(verb::options, row.path, "", preflight());
        EXPECT_EQ(sent.status(), 204) << row.path;
        EXPECT_EQ(sent.header("Access-Control-Allow-Origin"), "https://app.example.com");
        EXPECT_EQ(sent.header("Access-Control-Allow-Methods"), row.methods);
        EXPECT_EQ(sent.header("Access-Control-Allow-Headers"),
                  "Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, "
                  "Mcp-Session-Id, Mcp-Method, Mcp-Name");
        EXPECT_EQ(sent.header("Access-Control-Max-Age"), "7200");
        EXPECT_EQ(sent.header("Access-Control-Allow-Credentials"), "");
        EXPECT_EQ(sent.header("Vary"), "Origin");
    }
}

TEST(CrossOrigin, HeadersOfToolsParametersAreAllowedByTheirPrefix) {
    HttpHarness http({}, listing({"https://app.example.com"}));
    const auto& sent =
        http.send(verb::options, "/mcp", "",
                  preflight("accept,mcp-param-region, Mcp-Param-X,x-other,mcp-param- y"));
    EXPECT_THAT(sent.header("Access-Control-Allow-Headers"),
                ::testing::EndsWith("Mcp-Name, mcp-param-region, Mcp-Param-X"));
}

TEST(CrossOrigin, AnswersAndStreamsCanBeReadByAListedOrigin) {
    HttpHarness http(HttpHarness::default_options(), listing({"https://app.example.com"}));
    auto& waiting = http.modern("tools/call", R"({"name":"wait"})", "{}", kPage);
    ASSERT_TRUE(http.run_until([&] { return waiting.writer.streaming; }));
    const test::Sent* const answers[]{
        &http.modern("tools/list", "{}", "{}", kPage), &waiting, &http.post("{", kPage),
        &http.send(verb::put, "/mcp", "", kPage),
        &http.post("{}", {{"Origin", "https://app.example.com"}, {"Authorization", ""}})};
    for (const auto* answer : answers) {
        EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "https://app.example.com")
            << answer->status();
        EXPECT_EQ(answer->header("Access-Control-Expose-Headers"),
                  "Mcp-Session-Id, WWW-Authenticate");
        EXPECT_EQ(answer->header("Access-Control-Allow-Credentials"), "");
        EXPECT_EQ(answer->header("Vary"), "Origin");
    }
    EXPECT_EQ(waiting.header("Cache-Control"), "no-cache, no-transform");
    http.server.cancel_all();
    ASSERT_TRUE(http.run_until([&] { return waiting.done; }));
}

TEST(CrossOrigin, NobodyElseIsToldAnything) {
    HttpHarness http({}, listing({"https://app.example.com", "*"}));
    for (const char* origin :
         {"", "http://localhost:1", "https://other.example", "https://app.example.com.evil.com"}) {
        const auto& sent = http.modern("tools/list", "{}", "{}", {{"Origin", origin}});
        EXPECT_EQ(sent.status(), 200) << origin;
        EXPECT_EQ(sent.header("Access-Control-Allow-Origin"), "") << origin;
        HeaderList asking = preflight();
        asking.front().second = origin;
        EXPECT_EQ(http.send(verb::options, "/mcp", "", asking).status(), 401) << origin;
    }
}

TEST(CrossOrigin, TheOriginDoesNotStandForTheRest) {
    HttpHarness http({}, listing({"https://app.example.com"}));
    HeaderList rebound = preflight();
    rebound.emplace_back("Host", "evil.example.com");
    EXPECT_EQ(http.send(verb::options, "/mcp", "", rebound).status(), 403);
    EXPECT_EQ(http.send(verb::options, "/other", "", preflight()).status(), 401);
    // Not a preflight: no method is asked for.
    EXPECT_EQ(http.send(verb::options, "/mcp", "", kPage).status(), 405);
    HeaderList foreign = preflight();
    foreign.front().second = "https://evil.example.com";
    EXPECT_EQ(http.send(verb::options, "/mcp", "", foreign).status(), 403);
}

}  // namespace
}  // namespace kimbap::mcp
