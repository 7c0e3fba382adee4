#include "mcp/jsonrpc.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::mcp {
namespace {

Message read(std::string_view text) {
    auto value = parse_json(text);
    if (!value) throw std::runtime_error(std::string(text));
    return read_message(std::move(*value));
}

TEST(Jsonrpc, TellsMessagesApart) {
    struct Case {
        const char* text;
        Message::Kind kind;
        const char* id;
    };
    for (const auto& test : {
             Case{R"({"jsonrpc":"2.0","id":1,"method":"m"})", Message::Kind::request, "1"},
             Case{R"({"jsonrpc":"2.0","id":"1","method":"m"})", Message::Kind::request, "\"1\""},
             Case{R"({"jsonrpc":"2.0","id":"","method":"m"})", Message::Kind::request, "\"\""},
             Case{R"({"jsonrpc":"2.0","id":-7,"method":"m"})", Message::Kind::request, "-7"},
             Case{R"({"jsonrpc":"2.0","id":3.0,"method":"m"})", Message::Kind::request, "3"},
             Case{R"({"jsonrpc":"2.0","method":"m","params":null})", Message::Kind::notification,
                  ""},
             Case{R"({"jsonrpc":"2.0","id":1,"result":{}})", Message::Kind::response, "1"},
             Case{R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}})",
                  Message::Kind::response, "1"},
         }) {
        const auto message = read(test.text);
        EXPECT_EQ(message.kind, test.kind) << test.text;
        EXPECT_EQ(message.id, test.id) << test.text;
    }
}

TEST(Jsonrpc, RefusesWithTheRightCode) {
    struct Case {
        const char* text;
        int code;
        const char* id;
    };
    for (const auto& test : {
             Case{"[]", -32600, ""},
             Case{"1", -32600, ""},
             Case{"{}", -32600, ""},
             Case{R"({"jsonrpc":"1.0","id":1,"method":"m"})", -32600, "1"},
             Case{R"({"jsonrpc":2.0,"id":1,"method":"m"})", -32600, "1"},
             Case{R"({"jsonrpc":"2.0","id":null,"method":"m"})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","id":{},"method":"m"})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","id":true,"method":"m"})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","id":1,"method":1})", -32600, "1"},
             Case{R"({"jsonrpc":"2.0","id":1,"method":""})", -32600, "1"},
             Case{R"({"jsonrpc":"2.0","id":1})", -32600, "1"},
             Case{R"({"jsonrpc":"2.0","id":1,"method":"m","result":1})", -32600, "1"},
             Case{R"({"jsonrpc":"2.0","id":1,"result":1,"error":{}})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","result":1})", -32600, ""},
             Case{R"({"jsonrpc":"2.0","id":1,"method":"m","params":[1]})", -32602, "1"},
             Case{R"({"jsonrpc":"2.0","id":1,"method":"m","params":"x"})", -32602, "1"},
         }) {
        const auto message = read(test.text);
        EXPECT_EQ(message.kind, Message::Kind::invalid) << test.text;
        ASSERT_TRUE(message.error) << test.text;
        EXPECT_EQ(message.error->code, test.code) << test.text;
        EXPECT_EQ(message.id, test.id) << test.text;
    }
}

TEST(Jsonrpc, BoundsIdentifiersAndMethods) {
    const std::string lengthy(2000, 'x');
    EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":")" + lengthy + R"(","method":"m"})").kind,
              Message::Kind::invalid);
    EXPECT_EQ(read(R"({"jsonrpc":"2.0","id":1,"method":")" + lengthy + R"("})").kind,
              Message::Kind::invalid);
}

TEST(Jsonrpc, WritesMessages) {
    EXPECT_EQ(error_response("1", {-32601, "no \"x\"", {}}),
              R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no \"x\""}})");
    EXPECT_EQ(error_response("", {1, "m", json::value(2)}),
              R"({"jsonrpc":"2.0","error":{"code":1,"message":"m","data":2}})");
    EXPECT_EQ(error_response("", {1, "m", {}}, true),
              R"({"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}})");
    EXPECT_EQ(notification("n", ""), R"({"jsonrpc":"2.0","method":"n"})");
    EXPECT_EQ(request_text("3", "m", {}), R"({"jsonrpc":"2.0","id":3,"method":"m"})");
}

}  // namespace
}  // namespace kimbap::mcp
