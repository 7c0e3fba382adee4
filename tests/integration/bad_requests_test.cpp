#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BadRequests : public ::testing::Test {
protected:
    Reply post(const std::string& body, std::map<std::string, std::string> more = {}) {
        std::map<std::string, std::string> headers{
            {"Authorization", "Bearer " + token_},
            {"Content-Type", "application/json"},
            {"Accept", "application/json, text/event-stream"},
            {"MCP-Protocol-Version", "2026-07-28"},
            {"Mcp-Method", "tools/call"},
            {"Mcp-Name", "shop_get-order"}};
        for (auto& [name, value] : more) headers[name] = value;
        return http(serving_.url(), "POST", "/mcp", headers, body);
    }
    void expect_alive() {
        const McpClient agent(serving_.url(), token_);
        EXPECT_FALSE(is_error(agent.call("shop_get-order", {{"order", "1"}})));
    }

    Shop shop_;
    Serving serving_{shop_.kimbap};
    std::string token_ = shop_.kimbap.agent_token("bot");
};

TEST_F(BadRequests, BodiesThatAreNotRequests) {
    const struct {
        std::string body;
        int status;
        std::int64_t code;
    } rows[] = {
        {"", 400, -32700},
        {"{", 400, -32700},
        {"\xff\xfe", 400, -32700},
        {std::string(100'000, '['), 400, -32700},
        {R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" +
             std::string("\x80") + R"("}})",
         400, -32700},
        {"null", 400, -32600},
        {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", 400, -32600},
        {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", 400, -32600},
    };
    for (const auto& row : rows) {
        const Reply reply = post(row.body);
        EXPECT_EQ(reply.status, row.status) << row.body.substr(0, 80) << reply.body;
        const auto said = parse_json(reply.body);
        ASSERT_TRUE(said) << reply.body;
        EXPECT_EQ(said->at("error").at("code").as_int64(), row.code) << reply.body;
    }
    expect_alive();
}

TEST_F(BadRequests, TooLarge) {
    EXPECT_EQ(post(std::string(5U << 20U, ' ')).status, 413);
    expect_alive();
}

TEST_F(BadRequests, TheOperatorApiRefusesInProblemDetailsWhatIsTooLarge) {
    const std::map<std::string, std::string> authorized{
        {"Authorization", "Bearer " + shop_.kimbap.operator_token("alice")}};
    auto swollen = authorized;
    swollen["X-Long"] = std::string(20'000, 'x');
    const struct {
        Reply reply;
        int status;
    } rows[] = {
        {http(serving_.url(), "POST", "/v1/tokens", authorized, std::string(5U << 20U, ' ')), 413},
        {http(serving_.url(), "GET", "/v1/tokens", swollen), 431},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(row.reply.status, row.status) << row.reply.body;
        EXPECT_EQ(row.reply.header("Content-Type"), "application/problem+json");
        const auto problem = parse_json(row.reply.body);
        ASSERT_TRUE(problem) << row.reply.body;
        EXPECT_EQ(problem->at("status"), row.status);
        EXPECT_THAT(std::string(problem->at("detail").as_string()), HasSubstr("too large"));
    }
}

TEST_F(BadRequests, UnknownToolsAreProtocolErrors) {
    const McpClient agent(serving_.url(), token_);
    const json::object said =
        agent.message("tools/call", {{"name", "shop_get-ordr"}, {"arguments", json::object()}});
    EXPECT_EQ(said.at("error").at("code"), -32602);
    EXPECT_THAT(std::string(said.at("error").at("message").as_string()),
                HasSubstr("shop_get-ordr (did you mean \"shop_get-order\"?)"));
}

TEST_F(BadRequests, AHintNamesOnlyWhatTheCallerMaySee) {
    const McpClient narrow(serving_.url(),
                           shop_.kimbap.agent_token("narrow", {"--action", "shop.get-*"}));
    for (const char* tool : {"shop_refnd", "shop.refnd"}) {
        const json::object said =
            narrow.message("tools/call", {{"name", tool}, {"arguments", json::object()}});
        EXPECT_THAT(std::string(said.at("error").at("message").as_string()),
                    AllOf(HasSubstr(tool), Not(HasSubstr("refund"))));
    }
}

TEST_F(BadRequests, TokensOfTheWrongKindOrNone) {
    const std::string operators = shop_.kimbap.operator_token("alice");
    const struct {
        const char* target;
        const char* method;
        std::string authorization;
        int status;
    } rows[] = {
        {"/mcp", "POST", "", 401},
        {"/mcp", "POST", "Bearer kbp_nonsense", 401},
        {"/mcp", "POST", "Basic a2JwOmtkcA==", 401},
        {"/mcp", "POST", "Bearer " + operators, 403},
        {"/v1/approvals", "GET", "", 401},
        {"/v1/approvals", "GET", "Bearer " + token_, 403},
        {"/metrics", "GET", "", 401},
        {"/metrics", "GET", "Bearer " + token_, 403},
        {"/sse", "GET", "", 401},
        {"/nowhere", "GET", "Bearer " + operators, 404},
    };
    for (const auto& row : rows) {
        std::map<std::string, std::string> headers{{"Content-Type", "application/json"}};
        if (!row.authorization.empty()) headers["Authorization"] = row.authorization;
        const Reply reply =
            http(serving_.url(), row.method, row.target, headers,
                 *row.method == 'P' ? R"({"jsonrpc":"2.0","id":1,"method":"ping"})" : "");
        EXPECT_EQ(reply.status, row.status) << row.method << row.target << row.authorization;
        EXPECT_EQ(reply.status == 401, !reply.header("WWW-Authenticate").empty()) << row.target;
    }
    EXPECT_EQ(
        http(serving_.url(), "GET", "/metrics", {{"Authorization", "Bearer " + operators}}).status,
        200);
}

TEST_F(BadRequests, ForeignOriginsAndHosts) {
    for (const auto& foreign :
         {std::pair("Origin", "https://evil.example"), std::pair("Host", "evil.example")}) {
        const Reply refused = post("{}", {foreign});
        EXPECT_EQ(refused.status, 403) << foreign.first;
        EXPECT_THAT(refused.body,
                    AllOf(HasSubstr("http.public_url"), HasSubstr("http.allowed_origins")));
    }
    // Probes come by address.
    EXPECT_EQ(http(serving_.url(), "GET", "/healthz", {{"Host", "10.0.0.7:8321"}}).status, 200);
    EXPECT_NE(post("{}", {{"Origin", serving_.url()}}).status, 403);
    const std::string port = std::to_string(serving_.port());
    EXPECT_NE(post("{}", {{"Origin", "http://localhost:" + port}}).status, 403);
    EXPECT_EQ(post("{}", {{"Origin", "http://localhost:1"}}).status, 403);
    const std::string bearer = "Bearer " + shop_.kimbap.operator_token("alice");
    for (const auto& [origin, status] : {std::pair("http://localhost:" + port, 200),
                                         std::pair(std::string("http://localhost:1"), 403)}) {
        EXPECT_EQ(http(serving_.url(), "GET", "/v1/tokens",
                       {{"Authorization", bearer}, {"Origin", origin}})
                      .status,
                  status)
            << origin;
    }
    expect_alive();
}

TEST_F(BadRequests, ProbesAreRead) {
    const std::map<std::string, std::string> authorized{
        {"Authorization", "Bearer " + shop_.kimbap.operator_token("alice")}};
    for (const char* target : {"/healthz", "/readyz", "/metrics"}) {
        EXPECT_EQ(http(serving_.url(), "GET", target, authorized).status, 200) << target;
        const Reply head = http(serving_.url(), "HEAD", target, authorized);
        EXPECT_EQ(head.status, 200) << target;
        EXPECT_EQ(head.body, "") << target;
        for (const char* method : {"POST", "DELETE", "FOO"}) {
            const Reply reply = http(serving_.url(), method, target, authorized);
            EXPECT_EQ(reply.status, 405) << method << target;
            EXPECT_EQ(reply.header("Allow"), "GET, HEAD") << method << target;
            EXPECT_EQ(reply.header("Content-Type"), "application/problem+json") << target;
        }
    }
}

TEST_F(BadRequests, SlowAndHalfOpenConnectionsDontHinderOthers) {
    std::vector<int> sockets;
    for (int i = 0; i < 50; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(serving_.port()));
        ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const std::string part = i % 2 == 0 ? "POST /mcp HTTP/1.1\r\nHo" : "";
        ASSERT_EQ(::send(fd, part.data(), part.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(part.size()));
        sockets.push_back(fd);
    }
    expect_alive();
    for (const int fd : sockets) ::close(fd);
    expect_alive();
}

TEST_F(BadRequests, StdioAnswersGarbageAndGoesOn) {
    const auto program = shop_.kimbap.start({"mcp"});
    program->write("this is not JSON\n");
    const auto answer = parse_json(program->read_line().value());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("error").at("code"), -32700);
    program->write(R"({"jsonrpc":"2.0","id":5,"method":"ping"})"
                   "\n");
    const auto pong = parse_json(program->read_line().value());
    EXPECT_EQ(pong->at("id"), 5);
    program->close_input();
    EXPECT_EQ(program->wait(), 0);
}

}  // namespace
}  // namespace kimbap::test
