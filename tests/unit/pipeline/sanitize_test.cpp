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

TEST(SanitizeTest, CutsNoCharacterInTwo) {
    std::string text;
    while (text.size() < 3000) text += "€";
    const json::object kept = sanitize({{"t", text}}, {});
    EXPECT_EQ(kept.at("t").as_string().find("\xEF\xBF\xBD"), json::string::npos);
}

TEST(SanitizeTest, MessagesDoNotQuoteWhatIsSensitive) {
    const json::object arguments{{"pin", "1234-567"},
                                 {"n", 98765},
                                 {"list", json::array{"inner-value", json::object{{"k", 4.5}}}},
                                 {"name", "ada"}};
    const std::string message =
        "\"1234-567\" of ada is not one of …; n must be at most 5 (is 98765); inner-value, 4.5";
    EXPECT_EQ(without_sensitive(message, arguments, {"pin", "n", "list"}),
              "\"[redacted]\" of ada is not one of …; n must be at most 5 (is [redacted]); "
              "[redacted], [redacted]");
    EXPECT_EQ(without_sensitive(message, arguments, {}), message);
    EXPECT_EQ(without_sensitive(message, arguments, {"absent"}), message);
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
