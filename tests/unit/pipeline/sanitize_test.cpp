#include "pipeline/sanitize.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::pipeline {
namespace {

namespace json = boost::json;

TEST(SanitizeTest, SaysWhetherAnythingIsMissing) {
    const json::object plain{{"a", 1}, {"b", {{"c", "text"}, {"d", json::array{nullptr}}}}};
    EXPECT_EQ(sanitize(plain, {}), plain);
    EXPECT_TRUE(is_whole(sanitize(plain, {})));
    EXPECT_FALSE(is_whole(sanitize(plain, {"a"})));
    const json::object deep{{"b", json::array{json::object{{"c", std::string(3000, 'x')}}}}};
    EXPECT_FALSE(is_whole(sanitize(deep, {})));
    json::object many;
    for (int i = 0; i < 20; ++i) many[std::to_string(i)] = std::string(1000, 'x');
    EXPECT_FALSE(is_whole(sanitize(many, {})));
}

TEST(SanitizeTest, TheTextIsThatOfTheObject) {
    json::object many;
    for (int i = 0; i < 20; ++i) many[std::to_string(i)] = std::string(1000, 'x');
    for (const json::object& arguments :
         {json::object{}, json::object{{"a", 1}, {"b", {{"c", "te\"xt"}}}},
          json::object{{"s", std::string(kMaxKeptString + 1, 'x')}},
          json::object{{"b", json::array{json::object{{"c", std::string(3000, 'x')}}}}}, many}) {
        for (const std::vector<std::string>& sensitive :
             {std::vector<std::string>{}, std::vector<std::string>{"a", "s", "3"}}) {
            std::string text;
            append_json(text, sanitized_text(arguments, sensitive));
            EXPECT_EQ(text, to_json(sanitize(arguments, sensitive)));
        }
    }
}

}  // namespace
}  // namespace kimbap::pipeline
