#include "base/json_check.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json_text.hpp"

namespace kimbap {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

// Whatever parse_json() takes and refuses, and why.
TEST(JsonCheck, AgreesWithTheParser) {
    for (const std::string& text :
         {std::string(R"({"a":[1,-2.5e3,"x\u00e9\n",null,true],"b":{}})"), std::string(" [ ]\n"),
          std::string("18446744073709551615"), std::string("1e400"), std::string("\"é\""),
          std::string(""), std::string("{"), std::string("[1,]"), std::string("{} x"),
          std::string("\"\xff\""), std::string("nul"), std::string("01"), std::string("NaN"),
          std::string("[1]\0", 4), std::string("\"a\nb\""), std::string("/* c */ 1"),
          nested(kMaxJsonDepth), nested(kMaxJsonDepth + 1), nested(100'000)}) {
        const auto parsed = parse_json(text);
        const Result<void> checked = check_json(text);
        ASSERT_EQ(parsed.has_value(), checked.has_value()) << text.substr(0, 80);
        if (parsed) continue;
        EXPECT_EQ(parsed.error().message, checked.error().message) << text.substr(0, 80);
    }
}

TEST(WithoutWhiteSpace, TakesItFromBetweenTokensAlone) {
    struct Case {
        std::string text;
        std::string expected;
    };
    for (const Case& c : std::vector<Case>{
             {"", ""},
             {" \n\t", ""},
             {"{}", "{}"},
             {" { } ", "{}"},
             {"{\r\n  \"a b\" : [ 1 , -2.50e3,\tnull ] }\n", R"({"a b":[1,-2.50e3,null]})"},
             {R"(["a \" b", "\\" , "c\\\" d" ])", R"(["a \" b","\\","c\\\" d"])"},
             {R"("a  b")", R"("a  b")"},
             {"[\"  \",  \"\" ]", "[\"  \",\"\"]"}}) {
        EXPECT_EQ(without_white_space(c.text), c.expected) << c.text;
    }
}

}  // namespace
}  // namespace kimbap
