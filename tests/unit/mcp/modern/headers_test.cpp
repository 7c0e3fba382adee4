#include "mcp/modern/headers.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/json_text.hpp"

namespace kimbap::mcp::modern {
namespace {

TEST(ModernHeaders, DecodesValues) {
    const std::vector<std::pair<std::string, std::optional<std::string>>> cases = {
        {"us-west1", "us-west1"},
        {"  padded\t", "padded"},
        {"", ""},
        {"=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界"},
        {"=?base64?IHBhZGRlZCA=?=", " padded "},
        {"=?base64?bGluZTEKbGluZTI=?=", "line1\nline2"},
        {"=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?="},
        {"=?base64?"
         "?=",
         ""},
        {"=?base64?SGVsbG8?=", std::nullopt},
        {"=?base64?SGVs bG8=?=", std::nullopt},
        {"=?base64?SGVsbG8-?=", std::nullopt},
        {"=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="},
        {"=?base64?SGVsbG8=", "=?base64?SGVsbG8="},
        {"SGVsbG8=?=", "SGVsbG8=?="},
        {"caf\xc3\xa9", std::nullopt},
        {"a\x01z", std::nullopt},
    };
    for (const auto& [value, decoded] : cases) EXPECT_EQ(decode_header(value), decoded) << value;
}

TEST(ModernHeaders, EncodesWhatDecodesToTheSame) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"us-west1", "us-west1"},
        {"", ""},
        {"a b\tc", "a b\tc"},
        {" padded ", "=?base64?IHBhZGRlZCA=?="},
        {"line1\nline2", "=?base64?bGluZTEKbGluZTI=?="},
        {"caf\xc3\xa9", "=?base64?Y2Fmw6k=?="},
        {"=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="},
    };
    for (const auto& [value, encoded] : cases) {
        EXPECT_EQ(encode_header(value), encoded);
        EXPECT_EQ(decode_header(encoded), value);
    }
}

TEST(ModernHeaders, ComparesArguments) {
    struct Case {
        const char* arguments;
        std::optional<std::string> header;
        bool accepted;
    };
    HeaderParams declared;
    declared.push_back({{"a", "b"}, "Mcp-Param-B"});
    for (const auto& test : {
             Case{R"({"a":{"b":"x"}})", "x", true},
             Case{R"({"a":{"b":"x"}})", "X", false},
             Case{R"({"a":{"b":"x"}})", std::nullopt, false},
             Case{R"({"a":{"b":null}})", std::nullopt, true},
             Case{R"({"a":{}})", std::nullopt, true},
             Case{R"({"a":1})", std::nullopt, true},
             Case{"{}", "x", false},
             Case{R"({"a":{"b":42}})", "42", true},
             Case{R"({"a":{"b":42}})", "42.0", true},
             Case{R"({"a":{"b":42}})", "43", false},
             Case{R"({"a":{"b":42}})", "42x", false},
             Case{R"({"a":{"b":42.0}})", "42", true},
             Case{R"({"a":{"b":-7}})", "-7", true},
             Case{R"({"a":{"b":true}})", "true", true},
             Case{R"({"a":{"b":true}})", "True", false},
             Case{R"({"a":{"b":"x"}})", "=?base64?eA==?=", true},
             Case{R"({"a":{"b":"x"}})", "=?base64?eA?=", false},
             Case{R"({"a":{"b":{}}})", "x", false},
         }) {
        const auto arguments = parse_json(test.arguments);
        const HeaderLookup headers = [&](std::string_view) -> std::optional<std::string_view> {
            return test.header;
        };
        const auto error = check_param_headers(headers, declared, arguments->get_object());
        EXPECT_EQ(!error, test.accepted) << test.arguments << " " << test.header.value_or("-");
        if (error) {
            EXPECT_EQ(error->code, code::kHeaderMismatch);
        }
    }
}

}  // namespace
}  // namespace kimbap::mcp::modern
