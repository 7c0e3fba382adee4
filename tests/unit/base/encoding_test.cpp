#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"

namespace kimbap {
namespace {

TEST(Encoding, Base64KnownAnswers) {  // RFC 4648 section 10
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : cases) {
        EXPECT_EQ(base64_encode(plain), encoded);
        EXPECT_EQ(base64_decode(encoded), plain);
    }
}

TEST(Encoding, Base64IsStrict) {
    for (const char* text :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9v\n", "Zm 9", "Zm9-", "=Zm9"}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
    for (const char* text : {"Zg==", "Zh", "Z", "Zm+v"})
        EXPECT_FALSE(base64url_decode(text)) << text;
    EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
    EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
}

TEST(Encoding, EveryEncodingReadsBackWhatItWrote) {
    for (std::size_t size = 0; size < 80; ++size) {
        const std::string bytes = random_bytes(size);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
        EXPECT_EQ(hex_decode(hex_encode(bytes)), bytes);
        EXPECT_EQ(percent_decode(percent_encode(bytes)), bytes);
    }
}

TEST(Encoding, HexIsStrict) {
    EXPECT_EQ(hex_decode("00fFA0"), std::string("\x00\xff\xa0", 3));
    for (const char* text : {"0", "0g", "0x00"}) EXPECT_FALSE(hex_decode(text)) << text;
}

TEST(Encoding, PercentEncodesAllButUnreserved) {
    EXPECT_EQ(percent_encode("a/b c?é~"), "a%2Fb%20c%3F%C3%A9~");
    EXPECT_FALSE(percent_decode("%"));
    EXPECT_FALSE(percent_decode("%2"));
    EXPECT_FALSE(percent_decode("%zz"));
    EXPECT_EQ(percent_decode("a+b%2B"), "a+b+");
}

TEST(Encoding, Utf8) {
    for (const char* good : {"", "plain", "é", "\xE2\x82\xAC", "\xF0\x9F\x8D\xA3", "\xED\x9F\xBF",
                             "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
        EXPECT_EQ(to_valid_utf8(good), good);
    }
    for (const char* bad :
         {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
        EXPECT_FALSE(is_utf8(bad));
        EXPECT_TRUE(is_utf8(to_valid_utf8(bad)));
    }
    EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Encoding, TextIsCutAtTheEndOfACharacter) {
    EXPECT_EQ(whole_characters("a€", 4), "a€");
    EXPECT_EQ(whole_characters("a€", 9), "a€");
    EXPECT_EQ(whole_characters("a€", 3), "a");
    EXPECT_EQ(whole_characters("a€", 2), "a");
    EXPECT_EQ(whole_characters("a€b", 4), "a€");
    EXPECT_EQ(whole_characters("𝄞𝄞", 7), "𝄞");
    EXPECT_EQ(whole_characters("€", 0), "");
    // No UTF-8: nothing is made out of it, and little is lost.
    EXPECT_EQ(whole_characters(std::string(100, '\x80'), 50).size(), 47U);
}

}  // namespace
}  // namespace kimbap
