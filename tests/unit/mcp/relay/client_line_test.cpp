#include "mcp/relay/client_line.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp::relay {
namespace {

using Kind = ClientLine::Kind;

std::string headers_of(const ClientLine& line) {
    std::string out;
    for (const auto& [name, value] : line.headers) out += name + "=" + value + ";";
    return out;
}

TEST(ClientLine, TellsMessagesApart) {
    struct Case {
        std::string text;
        Kind kind;
        std::vector<std::string> ids;
    };
    const std::vector<Case> cases = {
        {R"({"jsonrpc":"2.0","id":1,"method":"ping"})", Kind::request, {"1"}},
        {R"({"jsonrpc":"2.0","id":"1","method":"ping"})", Kind::request, {"\"1\""}},
        {R"({"jsonrpc":"2.0","method":"notifications/initialized"})", Kind::notification, {}},
        {R"({"jsonrpc":"2.0","id":3,"result":{}})", Kind::response, {}},
        {R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":9,"result":{}},
             {"jsonrpc":"2.0","id":"b","method":"ping"}])",
         Kind::batch,
         {"1", "\"b\""}},
        {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", Kind::invalid, {}},
        {R"({"jsonrpc":)", Kind::invalid, {}},
        {R"("ping")", Kind::invalid, {}},
    };
    for (const auto& test : cases) {
        const auto line = read_client_line(test.text);
        EXPECT_EQ(line.kind, test.kind) << test.text;
        EXPECT_EQ(line.ids, test.ids) << test.text;
        EXPECT_EQ(line.text, test.text);
        EXPECT_FALSE(line.modern) << test.text;
        EXPECT_EQ(line.kind == Kind::invalid, !line.problem.message.empty()) << test.text;
    }
}

TEST(ClientLine, MirrorsAModernMessageInHeaders) {
    const std::string meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"})";
    const auto call =
        read_client_line(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{)" + meta +
                         R"(,"name":"caf\u00e9"}})");
    EXPECT_TRUE(call.modern);
    EXPECT_EQ(
        headers_of(call),
        "MCP-Protocol-Version=2026-07-28;Mcp-Method=tools/call;Mcp-Name==?base64?Y2Fmw6k=?=;");
    const auto list = read_client_line(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{)" + meta + "}}");
    EXPECT_EQ(headers_of(list), "MCP-Protocol-Version=2026-07-28;Mcp-Method=tools/list;");
}

TEST(ClientLine, LetsNoHeaderBeSmuggledIn) {
    const auto line = read_client_line(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call\r\nX: y","params":{"name":"a\r\nX: y",)"
        R"("_meta":{"io.modelcontextprotocol/protocolVersion":"1\r\nX: y"}}})");
    EXPECT_TRUE(line.modern);
    for (const auto& [name, value] : line.headers) {
        EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << name;
    }
}

TEST(ClientLine, KnowsWhatIsCancelled) {
    const auto cancels = [](const std::string& params) {
        return read_client_line(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":)" +
                                params + "}")
            .cancels;
    };
    EXPECT_EQ(cancels(R"({"requestId":5})"), "5");
    EXPECT_EQ(cancels(R"({"requestId":"5"})"), "\"5\"");
    EXPECT_EQ(cancels("{}"), "");
}

}  // namespace
}  // namespace kimbap::mcp::relay
