#include "base/json_check.hpp"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace kimbap
