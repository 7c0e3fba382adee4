#include "oauth/body.hpp"

#include <gtest/gtest.h>

namespace kimbap::oauth {
namespace {

TEST(Body, IsAFormOrJson) {
    const Parameters parameters{{"grant_type", "refresh_token"}, {"refresh_token", "a+b/c=\"é"}};
    EXPECT_EQ(encode_body(parameters, TokenRequestFormat::form),
              "grant_type=refresh_token&refresh_token=a%2Bb%2Fc%3D%22%C3%A9");
    EXPECT_EQ(encode_body(parameters, TokenRequestFormat::json),
              "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"a+b/c=\\\"é\"}");
}

TEST(Body, NeverOutgrowsItsRoom) {
    const std::string worst(3000, '\x01');
    const Parameters parameters{{"token", worst}};
    for (const TokenRequestFormat format : {TokenRequestFormat::form, TokenRequestFormat::json}) {
        const std::string body = encode_body(parameters, format);
        EXPECT_GE(body.capacity(), body.size());
        EXPECT_LE(body.size(), 16 + 6 * (worst.size() + 5) + 8);
    }
}

TEST(Body, EncodesBothPartsOfBasicCredentials) {
    // "a%3Ab:c%26d"
    EXPECT_EQ(basic_credentials("a:b", "c&d"), "Basic YSUzQWI6YyUyNmQ=");
}

TEST(Body, AddsToAQueryThatIsThere) {
    EXPECT_EQ(with_query("https://a.example/x", {{"b", "c d"}}), "https://a.example/x?b=c%20d");
    EXPECT_EQ(with_query("https://a.example/x?y=1", {{"b", "c"}}), "https://a.example/x?y=1&b=c");
}

}  // namespace
}  // namespace kimbap::oauth
