#include "scrub/scrubber.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::scrub {
namespace {

const std::string kSecretText = "s3cr3t/+\"p\\w d\xC3\xA9";

std::string spelled_as(std::string_view secret,
                       const std::function<std::string(unsigned char)>& one) {
    std::string out;
    for (const char c : secret) out += one(static_cast<unsigned char>(c));
    return out;
}

std::string in_hex(unsigned value, const char* form) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), form, value);
    return buffer.data();
}

bool is_word(unsigned char c) {
    return std::isalnum(c) != 0 && c < 0x80;
}

std::string in_lines(std::string_view text, std::size_t length, std::string_view end) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += length) {
        if (at > 0) out += end;
        out += text.substr(at, length);
    }
    return out;
}

/// kSecretText as encoders of many kinds write it.
std::vector<std::string> forms_of_the_secret() {
    std::string json;
    append_json_string(json, kSecretText);
    json = json.substr(1, json.size() - 2);
    std::string twice;
    append_json_string(twice, json);
    std::string slashes = json;
    slashes.replace(slashes.find('/'), 1, "\\/");
    const std::string percent = percent_encode(kSecretText);
    // The last character, two bytes of UTF-8, is one \u escape.
    const std::string ascii = kSecretText.substr(0, kSecretText.size() - 2);
    const std::string mistaken = ascii + "\xC3\x83\xC2\xA9";
    std::vector<std::string> forms{
        kSecretText,
        json,
        twice.substr(1, twice.size() - 2),
        slashes,
        percent,
        percent_encode(percent),
        percent_encode(percent_encode(percent)),
        percent_encode(json),
        "s3cr3t%2f%2b%22p%5cw+d%c3%a9",
        "s3cr3t/+%22p%5Cw%20d\xC3\xA9",
        "s3cr3t/+\\u0022p\\\\w dé",
        // Its bytes taken for ISO-8859-1, as servers take header fields; and in that.
        mistaken,
        to_json(json::value(mistaken)),
        percent_encode(mistaken),
        base64_encode(mistaken),
        "s3cr3t/+\"p\\w d\\u00c3\\u00a9",
        "s3cr3t/+\"p\\w d\xE9",
        "s3cr3t/+\"p\\w d%E9",
        "s3cr3t/+\"p\\w d\xEF\xBF\xBD",
        spelled_as(kSecretText, [](unsigned char c) { return in_hex(c, "%%%02x"); }),
        spelled_as(kSecretText, [](unsigned char c) { return in_hex(c, "%%%02X"); }),
        spelled_as(kSecretText, [](unsigned char c) { return in_hex(c, "\\x%02x"); }),
        spelled_as(ascii, [](unsigned char c) { return in_hex(c, "\\u%04x"); }) + "\\u00e9",
        spelled_as(ascii, [](unsigned char c) { return in_hex(c, "\\u%04X"); }) + "\\u00E9",
        spelled_as(ascii, [](unsigned char c) { return in_hex(c, "\\\\u%04x"); }) + "\\\\u00e9",
        spelled_as(ascii,
                   [](unsigned char c) {
                       return is_word(c) ? std::string(1, static_cast<char>(c))
                                         : in_hex(c, "\\u%04x");
                   }) +
            "\\u00e9",
    };
    for (std::size_t before = 0; before < 3; ++before) {
        const std::string plain = std::string(before, 'u') + kSecretText + "zz";
        for (std::string text : {base64_encode(plain), base64url_encode(plain)}) {
            forms.push_back(percent_encode(text));
            std::string escaped;
            for (const char c : text) escaped += c == '/' ? "\\/" : std::string(1, c);
            // Mail and PEM break base64's lines; JSON, forms and YAML spell the breaks.
            for (const char* end : {"\n", "\r\n", "\\n", "\\r\\n", "\\u000a", "%0D%0A", "\n    "}) {
                forms.push_back(in_lines(text, 5, end));
            }
            forms.push_back(in_lines(text, 1, "\n"));
            forms.push_back(std::move(text));
            forms.push_back(std::move(escaped));
        }
    }
    return forms;
}

TEST(Scrubber, FindsEveryFormOfTheSecret) {
    const Scrubber scrubber(kSecretText);
    for (const std::string& form : forms_of_the_secret()) {
        std::string text = "before " + form + " after " + form;
        EXPECT_TRUE(scrubber.scrub(text)) << form;
        EXPECT_FALSE(scrubber.finds(text)) << form;
        EXPECT_TRUE(text.starts_with("before ") && text.find(" after ") != std::string::npos)
            << text;
        EXPECT_NE(text.find(kRedacted, text.find(" after ")), std::string::npos) << text;
    }
}

TEST(Scrubber, FindsEveryFormWhereverItStandsInALongText) {
    const Scrubber scrubber(kSecretText);
    std::string filler;
    while (filler.size() < 80) filler += R"({"s":"s3","url":"https:\/\/a.b/%20c","n":12} )";
    for (const std::string& form : forms_of_the_secret()) {
        for (std::size_t before = 0; before < 40; ++before) {
            std::string text = filler.substr(0, before) + ' ' + form + filler;
            ASSERT_TRUE(scrubber.scrub(text)) << form << " behind " << before;
            ASSERT_NE(text.find(kRedacted), std::string::npos) << text;
        }
    }
}

TEST(Scrubber, PassesOverNoMoreThanALineBreak) {
    const Scrubber scrubber(kSecretText);
    const std::string text = base64_encode(kSecretText);
    EXPECT_TRUE(scrubber.finds(in_lines(text, 10, "\r\n" + std::string(60, ' '))));
    EXPECT_FALSE(scrubber.finds(in_lines(text, 10, std::string(100, ' '))));
    EXPECT_FALSE(scrubber.finds(in_lines(text, 10, "-")));
    EXPECT_FALSE(scrubber.finds(in_lines(kSecretText, 4, "\n"))) << "plain texts aren't broken so";
}

TEST(StreamScrubber, FindsEveryFormHoweverItIsSplit) {
    const Scrubber scrubber(kSecretText);
    for (const std::string& form : forms_of_the_secret()) {
        const std::string stream = "a " + form + " b";
        std::string whole = stream;
        scrubber.scrub(whole);
        for (std::size_t size = 1; size <= stream.size(); ++size) {
            StreamScrubber pieces(scrubber);
            std::string out;
            for (std::size_t at = 0; at < stream.size(); at += size) {
                out += pieces.feed(std::string_view(stream).substr(at, size));
            }
            out += pieces.finish();
            EXPECT_EQ(out, whole) << form << " in pieces of " << size;
        }
    }
}

TEST(StreamScrubber, HoldsBackOnlyWhatMayBeTheBeginningOfASecret) {
    const Scrubber scrubber("abcdefgh-secret");
    const struct {
        std::string piece;
        std::string passes;
    } rows[]{
        {"data: nothing here\n\n", "data: nothing here\n\n"},
        {"data: abcdefgh-sec", "data: "},
        {"ond ", "abcdefgh-second "},
        {"100%", "100"},
        {" of it", "% of it"},
        {"\\u006", ""},
        {"1\\u0062?", "\\u0061\\u0062?"},
        {"abcdefgh-secret!", "[redacted]!"},
    };
    StreamScrubber pieces(scrubber);
    for (const auto& row : rows) EXPECT_EQ(pieces.feed(row.piece), row.passes) << row.piece;
    EXPECT_EQ(pieces.feed("abcdefgh"), "");
    EXPECT_EQ(pieces.finish(), "abcdefgh");
}

TEST(StreamScrubber, OfTwoSecretsTheLongerOneCounts) {
    Scrubber scrubber("pass");
    scrubber.add("pass:word-and-more");
    StreamScrubber pieces(scrubber);
    EXPECT_EQ(pieces.feed("x pass:wo"), "x ");
    EXPECT_EQ(pieces.feed("rd-and-more y"), "[redacted] y");
    EXPECT_EQ(pieces.feed("pass:wo!"), "[redacted]:wo!");
}

TEST(Scrubber, RawJsonStaysJson) {
    for (const std::string secret : {"ends\\", "ends\"", "\"begins", "\\begins", "\\\\",
                                     "mid\\\"dle", "new\nline", "\x01x\x1f"}) {
        const Scrubber scrubber(secret);
        for (const std::string around : {"", "\\", "\"", "\n", "x"}) {
            std::string text = to_json(boost::json::value{{"a", around + secret + around}});
            EXPECT_TRUE(scrubber.scrub(text)) << text;
            EXPECT_TRUE(parse_json(text)) << text;
        }
    }
}

TEST(Scrubber, ANumberThatIsTheSecretBecomesAString) {
    const Scrubber scrubber("9876543210");
    const auto scrubbed = [&](std::string text) {
        EXPECT_TRUE(scrubber.scrub_json(text)) << text;
        return text;
    };
    EXPECT_EQ(scrubbed(R"({"id":9876543210,"x":[1,"a 9876543210"]})"),
              R"({"id":"[redacted]","x":[1,"a [redacted]"]})");
    EXPECT_EQ(scrubbed(R"({"id":-98765432101})"), R"({"id":"-[redacted]1"})");
    EXPECT_EQ(scrubbed(R"({"id":"9876543210", "n": 1})"), R"({"id":"[redacted]", "n": 1})");
    EXPECT_EQ(scrubbed("{9876543210"), "{[redacted]");
    std::string other = R"({"id": 987654321})";
    EXPECT_FALSE(scrubber.scrub_json(other));
    EXPECT_EQ(other, R"({"id": 987654321})");
}

TEST(Scrubber, WhiteSpaceAroundAHeadersValueIsNotNeeded) {
    const Scrubber scrubber(" token-1234 ");
    std::string text = "you sent <token-1234>";
    EXPECT_TRUE(scrubber.scrub(text));
    EXPECT_EQ(text, "you sent <[redacted]>");
}

TEST(Scrubber, LongRunsOfEscapesTakeNoTime) {
    const Scrubber scrubber(kSecretText);
    std::string text = std::string(1 << 20, '\\') + std::string(1 << 20, '%') + "s3cr3t";
    const std::string before = text;
    EXPECT_FALSE(scrubber.scrub(text));
    EXPECT_EQ(text, before);
}

TEST(Scrubber, FindsBase64AtEveryAlignment) {
    const Scrubber scrubber(kSecretText);
    for (std::size_t before = 0; before < 7; ++before) {
        for (std::size_t after = 0; after < 4; ++after) {
            const std::string plain =
                std::string(before, 'u') + kSecretText + std::string(after, 'z');
            for (std::string text : {base64_encode(plain), base64url_encode(plain)}) {
                EXPECT_TRUE(scrubber.scrub(text)) << before << " " << after;
            }
        }
    }
}

TEST(Scrubber, LeavesOtherTextAlone) {
    const Scrubber scrubber("tok_0123456789");
    std::string text = R"({"id":"tok_9876543210","n":123})";
    const std::string before = text;
    EXPECT_FALSE(scrubber.scrub(text));
    EXPECT_EQ(text, before);
}

TEST(Scrubber, KeepsJsonValid) {
    const Scrubber scrubber("4242424242");
    auto value = *parse_json(R"({"a":4242424242,"k4242424242":["x4242424242y",{"b":1}]})");
    EXPECT_TRUE(scrubber.scrub(value));
    EXPECT_EQ(to_json(value), R"({"a":"[redacted]","k[redacted]":["x[redacted]y",{"b":1}]})");
}

TEST(StreamScrubber, FindsASecretSplitAnywhere) {
    const Scrubber scrubber("abcdefgh-secret");
    const std::string stream = "data: one abcdefgh-secret two\n\ndata: abcdefgh-secret\n\n";
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); second += 3) {
            StreamScrubber pieces(scrubber);
            std::string out = pieces.feed(std::string_view(stream).substr(0, first));
            out += pieces.feed(std::string_view(stream).substr(first, second - first));
            out += pieces.feed(std::string_view(stream).substr(second));
            out += pieces.finish();
            EXPECT_EQ(out, "data: one [redacted] two\n\ndata: [redacted]\n\n");
        }
    }
}

TEST(Scrubber, WithoutSecretsPassesEverythingOn) {
    const Scrubber none;
    StreamScrubber pieces(none);
    EXPECT_EQ(pieces.feed("abc"), "abc");
    EXPECT_EQ(pieces.finish(), "");
}

}  // namespace
}  // namespace kimbap::scrub
