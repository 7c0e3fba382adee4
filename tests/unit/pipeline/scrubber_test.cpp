#include "pipeline/scrubber.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::pipeline {
namespace {

const std::string kSecretText = "s3cr3t/+\"p\\w d\xC3\xA9";

TEST(Scrubber, FindsEveryFormOfTheSecret) {
    const Scrubber scrubber(kSecretText);
    std::string json;
    append_json_string(json, kSecretText);
    const std::string forms[] = {kSecretText, json, percent_encode(kSecretText),
                                 "s3cr3t%2f%2b%22p%5cw+d%c3%a9"};
    for (const std::string& form : forms) {
        std::string text = "before " + form + " after " + form;
        EXPECT_TRUE(scrubber.scrub(text)) << form;
        EXPECT_FALSE(scrubber.finds(text)) << form;
        EXPECT_TRUE(text.starts_with("before ") && text.find(" after ") != std::string::npos) << text;
    }
}

TEST(Scrubber, FindsBase64AtEveryAlignment) {
    const Scrubber scrubber(kSecretText);
    for (std::size_t before = 0; before < 7; ++before) {
        for (std::size_t after = 0; after < 4; ++after) {
            const std::string plain = std::string(before, 'u') + kSecretText + std::string(after, 'z');
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
}  // namespace kimbap::pipeline
