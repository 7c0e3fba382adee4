#include "oauth/connection.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace kimbap::oauth {
namespace {

ConnectionRecord sample() {
    ConnectionRecord out;
    Connection& c = out.connection;
    c.id = {"github", "work"};
    c.flow = Flow::device;
    c.account = "octo\ncat";
    c.issuer = "https://github.com";
    c.token_endpoint = "https://github.com/token";
    c.client_id = "Iv1.abc";
    c.scopes = {"repo", "read:user"};
    c.connected_at = from_unix_micros(1'000'000);
    c.obtained_at = from_unix_micros(2'000'000);
    c.expires_at = from_unix_micros(3'000'000);
    out.access_token = Secret("gho_access");
    out.refresh_token = Secret("ghr_refresh");
    return out;
}

TEST(ConnectionRecord, ReadsBackAsItWas) {
    const auto plain = encode(sample());
    ASSERT_TRUE(plain);
    const auto read = decode(plain->reveal());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->connection.id, (ConnectionId{"github", "work"}));
    EXPECT_EQ(read->connection.flow, Flow::device);
    EXPECT_EQ(read->connection.account, "octo cat");
    EXPECT_EQ(read->connection.scopes, (std::vector<std::string>{"repo", "read:user"}));
    EXPECT_EQ(read->connection.expires_at, from_unix_micros(3'000'000));
    EXPECT_EQ(read->access_token.reveal(), "gho_access");
    EXPECT_EQ(read->refresh_token.reveal(), "ghr_refresh");
    EXPECT_TRUE(read->connection.refreshable);
}

TEST(ConnectionRecord, WithoutRefreshTokenOrEnd) {
    ConnectionRecord record = sample();
    record.refresh_token = Secret{};
    record.connection.expires_at.reset();
    const auto read = decode(encode(record)->reveal());
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->connection.refreshable);
    EXPECT_FALSE(read->connection.expires_at);
}

TEST(ConnectionRecord, RefusesATokenThatWouldForgeALine) {
    ConnectionRecord record = sample();
    record.access_token = Secret("a\nrefresh_token stolen");
    EXPECT_FALSE(encode(record));
}

TEST(ConnectionRecord, RefusesWhatIsCutOrUnknown) {
    const auto plain = encode(sample());
    const std::string text(plain->reveal());
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        const auto read = decode(std::string_view(text).substr(0, cut));
        // The refresh token is the last line: a record that lost only that is whole without it.
        if (read) {
            EXPECT_TRUE(read->refresh_token.empty()) << cut;
        } else {
            EXPECT_EQ(read.error().code, Errc::corrupt);
        }
    }
    EXPECT_FALSE(decode(text + "surprise yes\n"));
    EXPECT_FALSE(decode("kimbap-oauth 1 \nprovider x\nconnection y\n"));
}

TEST(ConnectionRecord, ShowsNoToken) {
    const std::string shown =
        boost::json::serialize(to_json(sample().connection, from_unix_micros(9)));
    EXPECT_EQ(shown.find("gho_"), std::string::npos);
    EXPECT_EQ(shown.find("ghr_"), std::string::npos);
    EXPECT_NE(shown.find("\"expired\":false"), std::string::npos);
}

TEST(ConnectionId, IsReadAndWritten) {
    EXPECT_EQ(parse_connection_id("github")->text(), "github.default");
    EXPECT_EQ(parse_connection_id("github.work")->text(), "github.work");
    for (const char* wrong : {"", ".", "a.", ".b", "A.b", "a.b.c", "../x", "a/b", "a.b\n"}) {
        EXPECT_FALSE(parse_connection_id(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace kimbap::oauth
