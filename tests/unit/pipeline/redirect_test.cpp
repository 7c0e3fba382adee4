#include "pipeline/redirect.hpp"

#include <gtest/gtest.h>

namespace kimbap::pipeline {
namespace {

manifests::Service service() {
    manifests::Service out;
    out.base_url = "https://api.example.com/v1";
    out.redirects_to = {"https://files.example.com"};
    return out;
}

Hop hop(std::string method = "GET") {
    Hop out;
    out.request.method = std::move(method);
    out.request.url = "https://api.example.com/v1/orders/1";
    out.request.query = {{"q", "1"}};
    out.request.headers = {{"X-Version", "2"}};
    out.url = *net::parse_url(out.request.full_url());
    return out;
}

TEST(Redirect, LocationsAreRelativeToWhereTheyCameFrom) {
    const net::Url from = *net::parse_url("https://api.example.com:8443/v1/orders/1?q=a/b");
    const struct {
        const char* location;
        const char* means;
    } rows[]{
        {"https://other.example/x?y=z#part", "https://other.example/x?y=z"},
        {"HTTP://other.example", "http://other.example/"},
        {"//other.example/x", "https://other.example/x"},
        {"/v2/orders", "https://api.example.com:8443/v2/orders"},
        {"2", "https://api.example.com:8443/v1/orders/2"},
        {"2:3", ""},
        {"?page=2", "https://api.example.com:8443/v1/orders/1?page=2"},
        {"#top", "https://api.example.com:8443/v1/orders/1"},
        {"ftp://other.example/x", ""},
        {"javascript:alert(1)", ""},
        {"https://user@other.example/", ""},
        {"https://2130706433/", ""},
        {"https://0x7f.1/", ""},
        {"../echo/up", "https://api.example.com:8443/v1/echo/up"},
        {"../../../etc", "https://api.example.com:8443/etc"},
        {"./2/./3/../4?q=../5", "https://api.example.com:8443/v1/orders/2/4?q=../5"},
        {"..", "https://api.example.com:8443/v1/"},
        {".", "https://api.example.com:8443/v1/orders/"},
        {"/a/b/../c/..", "https://api.example.com:8443/a/"},
        {"/a//../b", "https://api.example.com:8443/a/b"},
        {"/..//other.example/x", "https://api.example.com:8443//other.example/x"},
        {"https://other.example/a/../../b", "https://other.example/b"},
        {"//other.example/./b", "https://other.example/b"},
        {"https:/../x", ""},
        {"...", "https://api.example.com:8443/v1/orders/..."},
        {"/a/%2e%2e/b", ""},
        {"\\\\evil.example", ""},
        {"/a b", ""},
        {"/a\nb", ""},
    };
    for (const auto& row : rows) {
        const auto url = resolve_location(from, row.location);
        EXPECT_EQ(url ? url->origin() + url->target : "", row.means) << row.location;
    }
}

TEST(Redirect, OnlySomeAnswersSendOn) {
    for (const unsigned status : {301U, 302U, 303U, 307U, 308U}) {
        EXPECT_TRUE(is_redirect(status, "/x"));
        EXPECT_FALSE(is_redirect(status, ""));
    }
    for (const unsigned status : {200U, 201U, 300U, 304U, 305U, 404U}) {
        EXPECT_FALSE(is_redirect(status, "/x"));
    }
}

TEST(Redirect, OnTheSameOriginTheCredentialGoesAlong) {
    Hop next = hop();
    ASSERT_TRUE(follow(next, service(), {}, "/v2/orders/1?q=1%2F2"));
    EXPECT_TRUE(next.with_credential);
    EXPECT_EQ(next.request.full_url(), "https://api.example.com/v2/orders/1?q=1%2F2");
    EXPECT_EQ(next.url.target, "/v2/orders/1?q=1%2F2");
    EXPECT_EQ(next.request.headers.size(), 1U);
}

TEST(Redirect, ACredentialInTheQueryIsNotTakenOverFromTheLocation) {
    manifests::Auth auth;
    auth.type = manifests::AuthType::query;
    auth.field = "key";
    Hop next = hop();
    ASSERT_TRUE(follow(next, service(), auth, "/v2?key=s3cret&a=%2f&k%65y=s3cret&b"));
    EXPECT_EQ(next.request.full_url(), "https://api.example.com/v2?a=%2f&b");
}

TEST(Redirect, AnAllowedOriginGetsNeitherCredentialNorHeaders) {
    Hop next = hop();
    ASSERT_TRUE(follow(next, service(), {}, "https://files.example.com/1?sig=a%2Bb"));
    EXPECT_FALSE(next.with_credential);
    EXPECT_TRUE(next.request.headers.empty());
    EXPECT_EQ(next.request.full_url(), "https://files.example.com/1?sig=a%2Bb");
    // Not even back on the service's own.
    ASSERT_TRUE(follow(next, service(), {}, "https://files.example.com/2"));
    EXPECT_FALSE(next.with_credential);
    EXPECT_FALSE(follow(next, service(), {}, "https://api.example.com/v1/back"));
}

TEST(Redirect, EverythingElseIsRefusedAndNamesTheOriginAlone) {
    const struct {
        const char* method;
        const char* location;
        const char* says;
    } rows[]{
        {"GET", "https://evil.example/steal?x=y", "https://evil.example, another origin"},
        {"GET", "http://api.example.com/v1", "http://api.example.com, another origin"},
        {"GET", "https://api.example.com:8443/v1", "https://api.example.com:8443, another"},
        {"GET", "http://files.example.com/1", "http://files.example.com, another origin"},
        {"GET", "https://files.example.com.evil.example/1", "another origin"},
        {"GET", "https://api.example.com@evil.example/", "not a usable URL"},
        {"GET", "http://169.254.169.254/latest", "http://169.254.169.254, another origin"},
        {"POST", "/v2/orders", "only GET and HEAD"},
        {"DELETE", "https://files.example.com/1", "only GET and HEAD"},
    };
    for (const auto& row : rows) {
        Hop next = hop(row.method);
        const auto followed = follow(next, service(), {}, row.location);
        ASSERT_FALSE(followed) << row.location;
        EXPECT_EQ(followed.error().code, Errc::blocked_address);
        EXPECT_NE(followed.error().message.find(row.says), std::string::npos)
            << followed.error().message;
        EXPECT_EQ(followed.error().message.find("steal"), std::string::npos);
        EXPECT_EQ(next.request.url, "https://api.example.com/v1/orders/1");
    }
}

}  // namespace
}  // namespace kimbap::pipeline
