#include <gmock/gmock.h>

#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kConfig = "egress: {timeout: 1s, max_response_bytes: 65536}\n";

struct Fault {
    const char* name;
    std::string answer;
    bool keep_open;
    const char* says;
};

class DownstreamFaults : public ::testing::TestWithParam<Fault> {};

TEST_P(DownstreamFaults, GetAClearResultAndTheServerServesOn) {
    const Fault& fault = GetParam();
    RawUpstream upstream(fault.answer, fault.keep_open);
    Installation kimbap(kConfig);
    kimbap.manifest("shop", std::string(kShopManifest), upstream.url());
    kimbap.policy("shop", kShopPolicy);
    kimbap.must({"vault", "set", "shop.token"}, kShopToken);
    Serving serving(kimbap);
    const McpClient agent(serving.url(), kimbap.agent_token("bot"));
    const boost::json::object result = agent.call("shop_get-order", {{"order", "1"}});
    EXPECT_TRUE(is_error(result));
    EXPECT_THAT(text_of(result), HasSubstr(fault.says));
    EXPECT_EQ(http(serving.url(), "GET", "/healthz").status, 200);
    bool logged = false;
    for (const auto& record : kimbap.audit()) {
        logged = logged || (record.at("kind") == "call.finished" &&
                            record.at("execution").at("status") == "failed");
    }
    EXPECT_TRUE(logged);
}

INSTANTIATE_TEST_SUITE_P(
    All, DownstreamFaults,
    ::testing::Values(
        Fault{"silence", "", true, "in time"}, Fault{"hanging_up", "", false, "127.0.0.1"},
        Fault{"garbage", "\x01\x02 what is this\r\n\r\n", false, "HTTP"},
        Fault{"truncation", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":", false,
              "mid-answer"},
        Fault{"half_and_silence", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":", true,
              "in time"},
        Fault{"too_much", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{", false,
              "max_response_bytes"},
        Fault{"too_much_without_saying",
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n" +
                  std::string(100'000, 'x'),
              false, "max_response_bytes"},
        Fault{
            "no_json",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{\"a\":",
            false, "JSON"},
        Fault{"a_redirect_elsewhere",
              "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
              false, "another origin: refused"}),
    [](const auto& info) { return info.param.name; });

TEST(DownstreamFaults, NobodyListens) {
    Installation kimbap(kConfig);
    kimbap.manifest("shop", std::string(kShopManifest), "http://127.0.0.1:1");
    kimbap.policy("shop", kShopPolicy);
    kimbap.must({"vault", "set", "shop.token"}, kShopToken);
    const Ran ran = kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("refused"));
}

}  // namespace
}  // namespace kimbap::test
