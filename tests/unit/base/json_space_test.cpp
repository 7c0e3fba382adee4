#include "base/json_space.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_check.hpp"

namespace kimbap {
namespace {

/// The same, a byte at a time.
std::string plainly(std::string_view json) {
    std::string out;
    bool inside = false;
    bool escaped = false;
    for (const char c : json) {
        if (!inside && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        out += c;
        if (c == '"' && !escaped) inside = !inside;
        escaped = inside && c == '\\' && !escaped;
    }
    return out;
}

/// A JSON array of strings full of what looks like more than it is, with white space around.
std::string confusing(std::mt19937& random, std::size_t elements) {
    const auto one_of = [&](const std::vector<std::string_view>& choices) {
        return choices[random() % choices.size()];
    };
    std::string out = "[";
    for (std::size_t i = 0; i < elements; ++i) {
        out += i == 0 ? " " : ",";
        out += one_of({"", " ", "\n\t", "\r\n        ", "                    "});
        out += '"';
        for (std::size_t parts = random() % 9; parts > 0; --parts) {
            out += one_of({"a", "  ", "\\\\", "\\\"", "\\n", "[ 1, 2 ]", "\xc3\xa9",
                           "a longer piece of text"});
        }
        out += '"';
        out += one_of({"", " ", "\n"});
    }
    return out + "]\n";
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

TEST(WithoutWhiteSpace, KnowsStringsWhereverTheyBeginAndEnd) {
    std::mt19937 random(11);
    for (int i = 0; i < 3000; ++i) {
        const std::string json = confusing(random, 1 + random() % 40);
        ASSERT_TRUE(check_json(json)) << json;
        ASSERT_EQ(without_white_space(json), plainly(json)) << json;
    }
}

TEST(WithoutWhiteSpace, BackslashesAtTheEndOfABlockEscapeWhatIsNext) {
    for (std::size_t before = 50; before < 140; ++before) {
        for (const std::string_view tail : {R"(\\", 1 ])", R"(\" ", 1 ])", R"(\\\" ", 1 ])"}) {
            const std::string json = "[\"" + std::string(before, 'x') + std::string(tail);
            ASSERT_TRUE(check_json(json)) << json;
            ASSERT_EQ(without_white_space(json), plainly(json)) << json;
        }
    }
}

}  // namespace
}  // namespace kimbap
