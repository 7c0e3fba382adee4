#include "pipeline/sent_forms.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/encoding.hpp"

namespace kimbap::pipeline {
namespace {

std::string scrubbed(manifests::AuthType type, std::string_view secret, std::string text) {
    scrub::Scrubber scrubber;
    add_sent_forms(scrubber, type, secret);
    scrubber.scrub(text);
    return text;
}

TEST(SentForms, OfAPairAreTheWholeAndItsPassword) {
    const auto of = [](std::string_view text) {
        return scrubbed(manifests::AuthType::basic, "ada@example.com:Tr0ub4dor&3xyz",
                        std::string(text));
    };
    EXPECT_EQ(of("ada@example.com:Tr0ub4dor&3xyz"), "[redacted]");
    EXPECT_EQ(of("<" + base64_encode("ada@example.com:Tr0ub4dor&3xyz") + ">"), "<[redacted]>");
    EXPECT_EQ(of("it is Tr0ub4dor&3xyz."), "it is [redacted].");
    EXPECT_EQ(of("assigned to ada@example.com"), "assigned to ada@example.com");
}

TEST(SentForms, OfAKeyInTheUsersPlaceAreTheKey) {
    for (const char* password : {"", "X", "x", "unused", "api_token", "x-oauth-basic", "pass1"}) {
        const std::string pair = std::string("sk_live_abcdefghij:") + password;
        EXPECT_EQ(scrubbed(manifests::AuthType::basic, pair, "user is sk_live_abcdefghij"),
                  "user is [redacted]")
            << password;
        EXPECT_EQ(scrubbed(manifests::AuthType::basic, pair, "Max X. is boxed"), "Max X. is boxed")
            << password;
    }
}

TEST(SentForms, OfAFieldAreItsEncodings) {
    EXPECT_EQ(scrubbed(manifests::AuthType::query, "a/b c+d\"e", "?key=a%2Fb%20c%2Bd%22e&x"),
              "?key=[redacted]&x");
    EXPECT_EQ(scrubbed(manifests::AuthType::body, "a/b c+d\"e", R"({"key":"a/b c+d\"e"})"),
              R"({"key":"[redacted]"})");
    EXPECT_EQ(scrubbed(manifests::AuthType::bearer, "t0ken-t0ken", "Bearer t0ken-t0ken"),
              "Bearer [redacted]");
}

}  // namespace
}  // namespace kimbap::pipeline
