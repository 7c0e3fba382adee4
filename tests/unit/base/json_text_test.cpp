#include "base/json_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <limits>

namespace kimbap {
namespace {

TEST(JsonText, WritesNumbersAsPeopleDo) {
    EXPECT_EQ(to_json(1.5), "1.5");
    EXPECT_EQ(to_json(2.0), "2.0");
    EXPECT_EQ(to_json(0.1), "0.1");
    EXPECT_EQ(to_json(1e300), "1e+300");
    EXPECT_EQ(to_json(1e20), "100000000000000000000");
    EXPECT_EQ(to_json(-18446744073709551616.0), "-18446744073709551616");
    EXPECT_EQ(to_json(1e21), "1e+21");
    EXPECT_EQ(to_json(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(to_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(to_json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(JsonText, ReadsBackWhatItWrote) {
    for (const char* text :
         {"null", "true", "[]", "{}", "[1,2.5,\"x\",null]",
          "{\"a\":{\"b\":[{\"c\":\"q\\\"\\\\\\n\\u0001\"}]}}", "9007199254740993"}) {
        const auto value = parse_json(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(to_json(*value), text);
        EXPECT_EQ(*parse_json(to_pretty_json(*value)), *value);
    }
}

TEST(JsonText, ReadsFractionsToTheLastBit) {
    // Each of them is one that Boost.JSON 1.81 reads as its neighbour.
    for (const char* text :
         {"-943305.0469559873", "-109225.61189039715", "443080.06468156516", "-915945780.6936103",
          "947650990.1851103", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e+308"}) {
        EXPECT_EQ(to_json(*parse_json(text)), text);
    }
    EXPECT_EQ(to_json(*parse_json("[0.1,1E+2,-0.0,-1.5e-3]")), "[0.1,100.0,-0.0,-0.0015]");
}

TEST(JsonText, RefusesNumbersThatNoDoubleHolds) {
    for (const char* text : {"1e400", "-1e400", "[1,{\"a\":1e309}]"}) {
        EXPECT_FALSE(parse_json(text)) << text;
    }
    EXPECT_TRUE(parse_json("1.7976931348623157e308"));
    EXPECT_TRUE(parse_json("1e-400"));
}

TEST(JsonText, StaysOnOneLine) {
    EXPECT_EQ(to_json(json::value("a\nb\r\t\x7f")), "\"a\\nb\\r\\t\x7f\"");
}

TEST(JsonText, CanonicalFormIgnoresKeyOrder) {
    EXPECT_EQ(to_canonical_json(*parse_json("{\"b\":1,\"a\":{\"d\":2,\"c\":3}}")),
              to_canonical_json(*parse_json("{\"a\":{\"c\":3,\"d\":2},\"b\":1}")));
    EXPECT_NE(to_canonical_json(*parse_json("[1,2]")), to_canonical_json(*parse_json("[2,1]")));
}

TEST(JsonText, CanonicalFormIgnoresHowANumberIsSpelt) {
    const auto same = [](std::string_view a, std::string_view b) {
        return to_canonical_json(*parse_json(a)) == to_canonical_json(*parse_json(b));
    };
    EXPECT_TRUE(same("[1.0,1e3,-0.0,1e19]", "[1,1000,0,10000000000000000000]"));
    EXPECT_FALSE(same("1.5", "1"));
    EXPECT_FALSE(same("9007199254740993", "9007199254740992"));
}

TEST(JsonText, RefusesWhatIsNotOneJsonText) {
    for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "{} x", "\"\xff\"",
                             "'a'", "01", "+1", "NaN"}) {
        const auto value = parse_json(text);
        ASSERT_TRUE(value.has_error()) << text;
        EXPECT_EQ(value.error().code, Errc::invalid_argument);
    }
    EXPECT_TRUE(parse_json(" {} \n"));
}

TEST(JsonText, LoneSurrogatesAreReplaced) {
    const struct {
        const char* text;
        const char* mended;
    } rows[] = {
        {R"(["cut \ud83d"])", R"(["cut \ufffd"])"},
        {R"(["\ude00\ud83d\ude00\uD83D\uDE00"])", R"(["\ufffd\ud83d\ude00\uD83D\uDE00"])"},
        {R"(["\ud83d\ud83d\ude00"])", R"(["\ufffd\ud83d\ude00"])"},
        {R"(["\\ud83d \" \u00e9 \n"])", R"(["\\ud83d \" \u00e9 \n"])"},
        {R"(["\ud83)", R"(["\ud83)"},
        {R"(["\)", R"(["\)"},
        {"", ""},
    };
    for (const auto& row : rows) EXPECT_EQ(without_lone_surrogates(row.text), row.mended);
    EXPECT_FALSE(parse_json(rows[0].text));
    EXPECT_TRUE(parse_json(rows[0].mended));
}

TEST(JsonText, BoundsDepth) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
    const auto deep = parse_json(nested(kMaxJsonDepth + 1));
    ASSERT_TRUE(deep.has_error());
    EXPECT_NE(deep.error().message.find("deeper than 64"), std::string::npos);
    EXPECT_TRUE(parse_json(nested(1'000'000)).has_error());
}

// Strings are looked through eight bytes at a time: every byte, at every place of a word, after
// what could be mistaken for it, and at the end.
TEST(JsonText, EscapesWhateverStandsWhereverItStands) {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t place = 0; place < 19; ++place) {
            std::string text(19, '!');
            text[place] = static_cast<char>(byte);
            std::string expected;
            for (const char c : text) {
                switch (c) {
                    case '"':
                        expected += "\\\"";
                        break;
                    case '\\':
                        expected += "\\\\";
                        break;
                    case '\n':
                        expected += "\\n";
                        break;
                    case '\r':
                        expected += "\\r";
                        break;
                    case '\t':
                        expected += "\\t";
                        break;
                    case '\b':
                        expected += "\\b";
                        break;
                    case '\f':
                        expected += "\\f";
                        break;
                    default: {
                        if (static_cast<unsigned char>(c) >= 0x20) {
                            expected += c;
                            break;
                        }
                        std::array<char, 8> escape{};
                        std::snprintf(escape.data(), escape.size(), "\\u%04x", c);
                        expected += escape.data();
                    }
                }
            }
            std::string out;
            append_json_string(out, text);
            ASSERT_EQ(out, '"' + expected + '"') << byte << " at " << place;
        }
    }
}

}  // namespace
}  // namespace kimbap
