#include "store/postgres/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "store/store.hpp"

namespace kimbap::store::postgres {
namespace {

/// The value that counts; "" where there is none.
std::string last_of(const std::string& url, const std::string& name) {
    std::string out;
    for (const auto& [keyword, value] : parameters_of(url).value()) {
        if (keyword == name) out = value;
    }
    return out;
}

TEST(UrlTest, ToAnotherMachineOnlyWithAVerifiedCertificateUnlessToldOtherwise) {
    const struct {
        const char* url;
        const char* sslmode;  ///< That is asked for beside the URL, which counts for more.
    } rows[] = {
        {"postgresql://kimbap@db.example/kimbap", "verify-full"},
        {"postgresql://10.1.2.3:5433/kimbap", "verify-full"},
        {"postgresql://a.example,b.example/kimbap", "verify-full"},
        {"postgresql://localhost,b.example/kimbap", "verify-full"},
        {"postgresql:///kimbap?host=db.example", "verify-full"},
        {"postgresql://localhost/kimbap?hostaddr=10.1.2.3", "verify-full"},
        {"postgresql://db.example/kimbap?sslmode=disable", ""},
        {"postgresql://127.example.com/kimbap", "verify-full"},
        {"postgresql:///kimbap?service=elsewhere", "verify-full"},
        {"postgresql://localhost/kimbap", ""},
        {"postgresql://127.0.0.1:5433/kimbap", ""},
        {"postgresql://[::1]/kimbap", ""},
        {"postgresql:///kimbap", ""},
        {"postgres:///kimbap?host=/run/postgresql", ""},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(last_of(row.url, "sslmode"), row.sslmode) << row.url;
        EXPECT_EQ(last_of(row.url, "dbname"), row.url);
    }
    EXPECT_EQ(last_of("postgresql://db.example/k", "sslrootcert"),
              "/etc/ssl/certs/ca-certificates.crt");
    EXPECT_EQ(last_of("postgresql://db.example/k?sslmode=verify-ca", "sslrootcert"),
              "/etc/ssl/certs/ca-certificates.crt");
    EXPECT_EQ(last_of("postgresql://db.example/k?sslmode=require", "sslrootcert"), "");
}

TEST(UrlTest, TheEnvironmentCountsLikewise) {
    ::setenv("PGHOST", "db.example", 1);
    EXPECT_EQ(last_of("postgresql:///kimbap", "sslmode"), "verify-full");
    ::setenv("PGSSLMODE", "require", 1);
    EXPECT_EQ(last_of("postgresql:///kimbap", "sslmode"), "");
    ::unsetenv("PGHOST");
    EXPECT_EQ(last_of("postgresql://db.example/kimbap", "sslmode"), "");
    ::unsetenv("PGSSLMODE");
}

TEST(UrlTest, KnowsWhetherThereIsAPassword) {
    EXPECT_TRUE(holds_password("postgresql://kimbap:secret@db.example/kimbap"));
    EXPECT_TRUE(holds_password("postgresql:///kimbap?password=secret"));
    EXPECT_FALSE(holds_password("postgresql://kimbap@db.example/kimbap"));
    EXPECT_FALSE(holds_password("sqlite"));
}

TEST(UrlTest, WhatIsNoUrlIsRefusedWithoutRepeatingIt) {
    for (const char* url : {"postgresql://u:hunter2@h/d?nonsense=1", "postgresql://u:hun%zzter2@h",
                            "postgresql://[u:hunter2", "postgresql://u:hun/ter2@h/d",
                            "postgresql://u:hun@ter2@h/d", "postgresql://u:h@hun/ter2@h/d"}) {
        const auto parameters = parameters_of(url);
        ASSERT_FALSE(parameters) << url;
        EXPECT_EQ(parameters.error().code, Errc::invalid_config);
        EXPECT_THAT(parameters.error().message, ::testing::Not(::testing::HasSubstr("hun")));
    }
}

}  // namespace
}  // namespace kimbap::store::postgres
