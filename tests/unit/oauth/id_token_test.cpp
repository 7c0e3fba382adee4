#include "oauth/id_token.hpp"

#include <gmock/gmock.h>

#include "base/encoding.hpp"

namespace kimbap::oauth {
namespace {

using ::testing::HasSubstr;

std::string token(const std::string& claims) {
    return "eyJhbGciOiJSUzI1NiJ9." + base64url_encode(claims) + ".c2ln";
}

const IdTokenExpectation kExpected{"https://login.example", "kimbap", "n-1",
                                   from_unix_micros(1'000'000'000'000)};

std::string claims(const std::string& iss, const std::string& aud, const std::string& nonce,
                   const std::string& exp, const std::string& more = "\"sub\":\"u1\"") {
    return "{\"iss\":\"" + iss + "\",\"aud\":" + aud + ",\"nonce\":\"" + nonce +
           "\",\"exp\":" + exp + "," + more + "}";
}

TEST(IdToken, NamesTheAccount) {
    const std::string good = claims("https://login.example", "\"kimbap\"", "n-1", "1000100");
    EXPECT_EQ(account_of(token(good), kExpected).value(), "u1");
    const std::string mail = claims("https://login.example", "[\"x\",\"kimbap\"]", "n-1", "1000100",
                                    "\"sub\":\"u1\",\"email\":\"o@example.com\"");
    EXPECT_EQ(account_of(token(mail), kExpected).value(), "o@example.com");
}

TEST(IdToken, IsRefusedWhereItIsOfAnotherLogin) {
    const std::string iss = "https://login.example";
    struct Case {
        std::string token;
        const char* says;
    };
    for (const Case& one : {
             Case{token(claims("https://evil.example", "\"kimbap\"", "n-1", "1000100")), "issuer"},
             Case{token(claims(iss, "\"other\"", "n-1", "1000100")), "client"},
             Case{token(claims(iss, "[]", "n-1", "1000100")), "client"},
             Case{token(claims(iss, "\"kimbap\"", "n-2", "1000100")), "nonce"},
             Case{token(claims(iss, "\"kimbap\"", "n-1", "999000")), "over"},
             Case{token(claims(iss, "\"kimbap\"", "n-1", "-9223372036854775808")), "over"},
             Case{token(claims(iss, "\"kimbap\"", "n-1", "\"soon\"")), "over"},
             Case{"x.y", "JWT"},
             Case{"a.!!.c", "JWT"},
             Case{token("[]"), "JWT"},
             Case{"", "JWT"},
         }) {
        const auto account = account_of(one.token, kExpected);
        ASSERT_FALSE(account) << one.says;
        EXPECT_THAT(account.error().message, HasSubstr(one.says));
    }
}

TEST(IdToken, AllowsForClocksThatDiffer) {
    const std::string late = claims("https://login.example", "\"kimbap\"", "n-1", "999800");
    EXPECT_TRUE(account_of(token(late), kExpected));
}

}  // namespace
}  // namespace kimbap::oauth
