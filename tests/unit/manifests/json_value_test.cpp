#include "manifests/json_value.hpp"

#include "base/encoding.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

TEST(JsonValueTest, TypesAreJsonSchemas) {
    const struct {
        const char* text;
        const char* type;
    } rows[] = {{"null", "null"},   {"true", "boolean"},  {"1", "integer"},
                {"1.0", "integer"}, {"1e3", "integer"},   {"1.5", "number"},
                {"-0.5", "number"}, {"1e300", "integer"}, {"18446744073709551615", "integer"},
                {"\"\"", "string"}, {"[]", "array"},      {"{}", "object"}};
    for (const auto& row : rows) EXPECT_EQ(type_of(parse(row.text)), row.type) << row.text;
    EXPECT_TRUE(has_type(parse("1"), "number"));
    EXPECT_FALSE(has_type(parse("1.5"), "integer"));
}

TEST(JsonValueTest, EqualityIsByValue) {
    const struct {
        const char* a;
        const char* b;
        bool equal;
    } rows[] = {
        {"1", "1.0", true},
        {"18446744073709551615", "18446744073709551615", true},
        {"9007199254740993", "9007199254740992.0", false},  // they differ beyond a double's 53 bits
        {"-1", "18446744073709551615", false},
        {"{\"a\": 1, \"b\": [1]}", "{\"b\": [1.0], \"a\": 1}", true},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 2}", false},
        {"[1, 2]", "[2, 1]", false},
        {"\"1\"", "1", false},
        {"null", "false", false},
        {"0", "false", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(equal(parse(row.a), parse(row.b)), row.equal) << row.a << " " << row.b;
        EXPECT_EQ(equal(parse(row.b), parse(row.a)), row.equal) << row.b << " " << row.a;
    }
}

TEST(JsonValueTest, WholeNumbersLoseFractionAndExponent) {
    const struct {
        const char* text;
        const char* written;
    } rows[] = {
        {"1.0", "1"},
        {"-0.0", "0"},
        {"1e15", "1000000000000000"},
        {"9223372036854775807", "9223372036854775807"},
        {"18446744073709551615", "18446744073709551615"},
        {"1e19", "10000000000000000000"},
        {"-9223372036854775808.0", "-9223372036854775808"},
        {"1.5", "1.5"},
        {"[1.0, {\"a\": 2e3}]", "[1,{\"a\":2000}]"},
        {"\"1.0\"", "\"1.0\""},
    };
    for (const auto& row : rows) EXPECT_EQ(to_json(with_integers(parse(row.text))), row.written);
}

TEST(JsonValueTest, MessagesAreCutAtTheEndOfACharacter) {
    EXPECT_EQ(shown(parse("{\"a\": 1}")), "{\"a\":1}");
    for (std::size_t lead = 0; lead < 4; ++lead) {
        std::string text(lead, 'x');
        for (int i = 0; i < 60; ++i) text += "€";
        const std::string cut = shown(json::value(text));
        EXPECT_TRUE(is_utf8(cut)) << cut;
        EXPECT_LE(cut.size(), 80U);
        EXPECT_TRUE(cut.ends_with("...")) << cut;
    }
}

TEST(JsonValueTest, PointersEscapeAndBack) {
    EXPECT_EQ(escape_pointer("a/b~c"), "a~1b~0c");
    EXPECT_EQ(unescape_pointer("a~1b~0c"), "a/b~c");
    EXPECT_EQ(unescape_pointer("~01"), "~1");
    EXPECT_EQ(unescape_pointer("x~"), "x~");
}

}  // namespace
}  // namespace kimbap::manifests::test
