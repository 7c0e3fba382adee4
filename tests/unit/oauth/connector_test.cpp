#include "oauth/connector.hpp"

#include <gmock/gmock.h>

#include "base/encoding.hpp"
#include "store/secret_store.hpp"
#include "store/store.hpp"
#include "unit/oauth/fake_provider.hpp"

namespace kimbap::oauth {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConnectorTest : public testing::Test {
protected:
    AuthorizationAttempt start(std::vector<std::string> scopes = {"read"}) {
        auto starting = kimbap_.connector.start({{"fake"}, std::move(scopes), "alice"},
                                                "http://127.0.0.1:4711/callback", kimbap_.http);
        return kimbap_.run(std::move(starting)).value();
    }
    Result<Connection> finish(AuthorizationAttempt attempt, ResponseQuery query) {
        auto finishing =
            kimbap_.connector.finish(std::move(attempt), std::move(query), kimbap_.http);
        return kimbap_.run(std::move(finishing));
    }

    test::FakeAuthorizationServer server_;
    kimbap::test::ManualClock clock_;
    kimbap::test::TempFolder folder_;
    Secret secret_ = vault::generate_vault_secret();
    test::Installation kimbap_{folder_ / "data", secret_, server_.url(), clock_};
};

TEST_F(ConnectorTest, ExchangesTheCodeWithItsVerifier) {
    AuthorizationAttempt attempt = start();
    const std::string verifier(attempt.verifier.reveal());
    const std::string state = attempt.state;
    const auto connection = finish(std::move(attempt), {{"code", "c-1"}, {"state", state}});
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_THAT(connection->scopes, ElementsAre("read"));
    const auto form = test::form_of(server_.requests().back().body);
    EXPECT_EQ(form.at("grant_type"), "authorization_code");
    EXPECT_EQ(form.at("code"), "c-1");
    EXPECT_EQ(form.at("code_verifier"), verifier);
    EXPECT_EQ(form.at("redirect_uri"), "http://127.0.0.1:4711/callback");
    EXPECT_EQ(form.count("client_secret"), 0U);
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
    EXPECT_THAT(kimbap_.audit_lines().back(), HasSubstr(R"("by":"alice")"));
}

TEST_F(ConnectorTest, AForgedAnswerReachesNoEndpoint) {
    for (const ResponseQuery& query : {ResponseQuery{{"code", "c"}, {"state", "forged"}},
                                       ResponseQuery{{"code", "c"}}, ResponseQuery{}}) {
        EXPECT_EQ(finish(start(), query).error().code, Errc::forbidden);
    }
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ConnectorTest, AFailedExchangeLeavesTheOldConnection) {
    kimbap_.connect(seconds(3600));
    AuthorizationAttempt attempt = start();
    const std::string state = attempt.state;
    server_.next({{400, R"({"error":"invalid_grant"})"}});
    EXPECT_FALSE(finish(std::move(attempt), {{"code", "c"}, {"state", state}}));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-0");
    EXPECT_TRUE(kimbap_.alarms.empty());
}

TEST_F(ConnectorTest, AnIdTokenOfAnotherLoginIsRefused) {
    const auto answer = [](const std::string& nonce) {
        const std::string claims =
            R"({"aud":"kimbap","exp":1995435200,"email":"o@x","nonce":")" + nonce + "\"}";
        return kimbap::test::Answer{
            200, R"({"access_token":"a","id_token":"h.)" + base64url_encode(claims) + R"(.s"})"};
    };
    AuthorizationAttempt attempt = start({"openid"});
    std::string state = attempt.state;
    server_.next({answer("another")});
    EXPECT_EQ(finish(std::move(attempt), {{"code", "c"}, {"state", state}}).error().code,
              Errc::forbidden);
    EXPECT_FALSE(kimbap_.token());

    attempt = start({"openid"});
    state = attempt.state;
    server_.next({answer(attempt.nonce)});
    EXPECT_EQ(finish(std::move(attempt), {{"code", "c"}, {"state", state}})->account, "o@x");

    attempt = start({"openid"});
    state = attempt.state;
    server_.next({{200, R"({"access_token":"a"})"}});
    EXPECT_EQ(finish(std::move(attempt), {{"code", "c"}, {"state", state}}).error().code,
              Errc::protocol_error);
}

TEST_F(ConnectorTest, PollsForADevice) {
    auto starting = kimbap_.connector.start_device({{"fake"}, {"read"}, "alice"}, kimbap_.http);
    auto attempt = kimbap_.run(std::move(starting)).value();
    EXPECT_EQ(attempt.device.user_code, "ABCD-EFGH");
    server_.next({{400, R"({"error":"authorization_pending"})"}});
    auto finishing = kimbap_.connector.finish_device(std::move(attempt), {}, kimbap_.http);
    const auto connection = kimbap_.run(std::move(finishing));
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_EQ(connection->flow, Flow::device);
    EXPECT_EQ(test::form_of(server_.requests().back().body).at("device_code"), "dev-1");
}

TEST_F(ConnectorTest, ADeviceCanBeDenied) {
    auto starting = kimbap_.connector.start_device({{"fake"}, {}, "alice"}, kimbap_.http);
    auto attempt = kimbap_.run(std::move(starting)).value();
    server_.next({{400, R"({"error":"access_denied"})"}});
    auto finishing = kimbap_.connector.finish_device(std::move(attempt), {}, kimbap_.http);
    EXPECT_EQ(kimbap_.run(std::move(finishing)).error().code, Errc::unauthenticated);
}

TEST_F(ConnectorTest, ActsAsTheClientItself) {
    auto connecting =
        kimbap_.connector.connect_as_client({{"fake"}, {"read"}, "alice"}, kimbap_.http);
    ASSERT_TRUE(kimbap_.run(std::move(connecting)));
    EXPECT_TRUE(kimbap_.stored().record.refresh_token.empty());
    clock_.advance(seconds(4000));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-2");
    const auto form = test::form_of(server_.requests().back().body);
    EXPECT_EQ(form.at("grant_type"), "client_credentials");
    EXPECT_EQ(form.at("scope"), "read");
}

TEST_F(ConnectorTest, RevokesBothTokens) {
    kimbap_.connect(seconds(3600));
    auto revoking = kimbap_.connector.revoke({"fake"}, "alice", false, kimbap_.http);
    EXPECT_EQ(kimbap_.run(std::move(revoking)).value(), RevocationOutcome::revoked);
    EXPECT_THAT(server_.revoked(), ElementsAre("refresh-0", "access-0"));
    EXPECT_EQ(kimbap_.token().error().code, Errc::not_found);
}

TEST_F(ConnectorTest, KeepsWhatItCouldNotRevoke) {
    test::Installation unreachable(folder_ / "other", secret_, "http://127.0.0.1:1", clock_);
    unreachable.connect(seconds(3600));
    auto revoking = unreachable.connector.revoke({"fake"}, "alice", false, unreachable.http);
    EXPECT_EQ(unreachable.run(std::move(revoking)).error().code, Errc::unavailable);
    EXPECT_TRUE(unreachable.token());
    auto forgetting = unreachable.connector.revoke({"fake"}, "alice", true, unreachable.http);
    EXPECT_EQ(unreachable.run(std::move(forgetting)).value(), RevocationOutcome::forgotten);
    EXPECT_FALSE(unreachable.token());
}

TEST_F(ConnectorTest, TheClientsSecretGoesToNoFormerProvider) {
    kimbap_.connect(seconds(3600));
    AuthorizationAttempt attempt = start();
    const std::string state = attempt.state;
    test::FakeAuthorizationServer other;
    test::Installation moved(folder_ / "data", secret_, other.url(), clock_);
    auto revoking = moved.connector.revoke({"fake"}, "alice", false, moved.http);
    const auto revoked = moved.run(std::move(revoking));
    ASSERT_FALSE(revoked);
    EXPECT_EQ(revoked.error().code, Errc::conflict);
    EXPECT_THAT(revoked.error().message, HasSubstr("--here-only"));
    auto finishing =
        moved.connector.finish(std::move(attempt), {{"code", "c-1"}, {"state", state}}, moved.http);
    const auto finished = moved.run(std::move(finishing));
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, Errc::conflict);
    EXPECT_TRUE(server_.requests().empty());
    EXPECT_TRUE(other.requests().empty());
}

TEST_F(ConnectorTest, ReplacesADamagedRecord) {
    kimbap_.connect(seconds(3600));
    ASSERT_TRUE(store::write_blocking(*kimbap_.store, [](store::Transaction& t) -> Result<void> {
        auto row = t.secrets().find("kimbap.internal.oauth/fake/default");
        if (!row || !*row) return make_error(Errc::internal, "no row");
        (**row).ciphertext[0] ^= 1;
        return t.secrets().put(**row);
    }));
    EXPECT_EQ(kimbap_.token().error().code, Errc::corrupt);
    EXPECT_THAT(kimbap_.connections.list().error().message, HasSubstr("fake/default"));
    auto connecting = kimbap_.connector.connect_as_client({{"fake"}, {}, "alice"}, kimbap_.http);
    ASSERT_TRUE(kimbap_.run(std::move(connecting)));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
}

TEST_F(ConnectorTest, NamesTheProvidersThereAre) {
    auto starting =
        kimbap_.connector.start({{"nobody"}, {}, "alice"}, "http://127.0.0.1/", kimbap_.http);
    EXPECT_THAT(kimbap_.run(std::move(starting)).error().message, HasSubstr("there are fake"));
}

}  // namespace
}  // namespace kimbap::oauth
