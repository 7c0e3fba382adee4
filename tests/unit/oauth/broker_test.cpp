#include "oauth/broker.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "unit/oauth/fake_provider.hpp"

namespace kimbap::oauth {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class BrokerTest : public testing::Test {
protected:
    test::FakeAuthorizationServer server_;
    kimbap::test::ManualClock clock_;
    kimbap::test::TempFolder folder_;
    Secret secret_ = vault::generate_vault_secret();
    test::Installation kimbap_{folder_ / "data", secret_, server_.url(), clock_};
};

TEST_F(BrokerTest, GivesAFreshTokenWithoutAsking) {
    kimbap_.connect(seconds(3600));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-0");
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-0");
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(BrokerTest, SaysHowToConnect) {
    const auto token = kimbap_.token();
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Errc::not_found);
    EXPECT_THAT(token.error().message, HasSubstr("`kimbap auth connect fake`"));
}

TEST_F(BrokerTest, KeepsTokensFromOtherOrigins) {
    kimbap_.connect(seconds(3600));
    EXPECT_EQ(kimbap_.token("https://evil.example").error().code, Errc::forbidden);
    EXPECT_EQ(kimbap_.token("http://api.fake.example").error().code, Errc::forbidden);
}

TEST_F(BrokerTest, RenewsBeforeTheEnd) {
    kimbap_.connect(seconds(3600));
    clock_.advance(seconds(3545));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
    EXPECT_EQ(server_.refreshes(), 1);
    const StoredConnection stored = kimbap_.stored();
    EXPECT_EQ(stored.record.refresh_token.reveal(), "refresh-1");
    EXPECT_EQ(stored.record.connection.expires_at, clock_.now() + seconds(3600));
    EXPECT_THAT(kimbap_.audit_lines(), Contains(HasSubstr(R"("change":"refreshed")")));
    for (const std::string& line : kimbap_.audit_lines()) {
        EXPECT_THAT(line, Not(HasSubstr("refresh-")));
        EXPECT_THAT(line, Not(HasSubstr("access-1")));
    }
}

TEST_F(BrokerTest, KeepsTheRefreshTokenWhereNoNewOneComes) {
    kimbap_.connect(seconds(100));
    clock_.advance(seconds(200));
    server_.next({{200, R"({"access_token":"access-x","expires_in":"100"})"}});
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-x");
    EXPECT_EQ(kimbap_.stored().record.refresh_token.reveal(), "refresh-0");
}

TEST_F(BrokerTest, RefreshesWithoutDerivingAKey) {
    kimbap_.connect(seconds(100));
    static_cast<void>(kimbap_.token());
    static_cast<void>(kimbap_.vault.open_blocking("oauth/fake/client_secret"));
    const auto before = kimbap_.vault.derivations();
    clock_.advance(seconds(200));
    ASSERT_TRUE(kimbap_.token());
    EXPECT_EQ(kimbap_.vault.derivations(), before);
}

TEST_F(BrokerTest, ManyCallsRefreshOnce) {
    kimbap_.connect(seconds(100));
    clock_.advance(seconds(200));
    server_.during([] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
    int good = 0;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(
            kimbap_.context,
            [&]() -> Task<void> {
                auto asking =
                    kimbap_.broker.token({"fake"}, "https://api.fake.example", kimbap_.http);
                const auto token = co_await std::move(asking);
                if (token && token->value.reveal() == "access-1") ++good;
            },
            asio::detached);
    }
    kimbap_.context.run();
    EXPECT_EQ(good, 50);
    EXPECT_EQ(server_.refreshes(), 1);
}

TEST_F(BrokerTest, ManyThreadsRefreshOnce) {
    kimbap_.connect(seconds(100));
    clock_.advance(seconds(200));
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            asio::io_context context(1);
            net::HttpClient http(context, std::make_shared<net::ClientTls>(), kimbap_.guard);
            for (int n = 0; n < 5; ++n) {
                auto asking = kimbap_.broker.token({"fake"}, "https://api.fake.example", http);
                const auto token = kimbap::test::run_on(context, std::move(asking));
                if (token && token->value.reveal() == "access-1") ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 20);
    EXPECT_EQ(server_.refreshes(), 1);
    EXPECT_FALSE(server_.family_revoked());
}

TEST_F(BrokerTest, ReplacesATokenThatAServiceRefused) {
    kimbap_.connect(seconds(3600));
    const auto first = kimbap_.token();
    const auto second = kimbap_.replace(first->version);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->value.reveal(), "access-1");
    // Whoever was refused the old one too takes what is there.
    EXPECT_EQ(kimbap_.replace(first->version)->value.reveal(), "access-1");
    EXPECT_EQ(server_.refreshes(), 1);
}

TEST_F(BrokerTest, WhoIsRefusedDuringARenewalWaitsForIt) {
    kimbap_.connect(seconds(3600));
    const auto first = kimbap_.token();
    server_.during([] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
    int good = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(
            kimbap_.context,
            [&]() -> Task<void> {
                auto asking = kimbap_.broker.replace({"fake"}, first->version, kimbap_.http);
                const auto token = co_await std::move(asking);
                if (token && token->value.reveal() == "access-1") ++good;
            },
            asio::detached);
    }
    kimbap_.context.restart();
    kimbap_.context.run();
    EXPECT_EQ(good, 20);
    EXPECT_EQ(server_.refreshes(), 1);
}

TEST_F(BrokerTest, AServiceThatRefusesEverythingCostsOneRefresh) {
    kimbap_.connect(seconds(3600));
    auto token = kimbap_.token();
    for (int i = 0; i < 5; ++i) {
        auto next = kimbap_.replace(token->version);
        if (next) token = std::move(next);
    }
    EXPECT_EQ(server_.refreshes(), 1);
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
}

TEST_F(BrokerTest, ASpentGrantNeedsAnOperatorAndSaysSoOnce) {
    kimbap_.connect(seconds(100));
    clock_.advance(seconds(200));
    server_.next({{400, R"({"error":"invalid_grant"})"}});
    for (int i = 0; i < 3; ++i) {
        const auto token = kimbap_.token();
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().code, Errc::unauthenticated);
        EXPECT_THAT(token.error().message, HasSubstr("kimbap auth connect fake"));
    }
    EXPECT_EQ(server_.requests().size(), 1U);
    EXPECT_EQ(kimbap_.alarms, std::vector<std::string>{"fake.default"});
    EXPECT_EQ(kimbap_.stored().record.connection.state, ConnectionState::reauth_needed);

    // Another process finds it marked, and tells nobody again.
    test::Installation other(folder_ / "data", secret_, server_.url(), clock_);
    EXPECT_EQ(other.token().error().code, Errc::unauthenticated);
    EXPECT_TRUE(other.alarms.empty());
    EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(BrokerTest, ATroubledProviderCostsNothing) {
    using kimbap::test::Answer;
    const std::string huge = "{\"access_token\":\"" + std::string(300'000, 'x') + "\"}";
    for (const Answer& trouble :
         {Answer{503, "busy"}, Answer{200, "<html>"}, Answer{200, "{}"}, Answer{200, huge},
          Answer{429, R"({"error":"rate"})"}, Answer{302, "", "text/plain", {{"Location", "/x"}}},
          Answer{401, R"({"error":"invalid_client"})"}, Answer{403, R"({"error":"access_denied"})"},
          Answer{400, R"({"error":"invalid_scope"})"}}) {
        kimbap::test::TempFolder folder;
        test::Installation kimbap(folder / "data", secret_, server_.url(), clock_);
        kimbap.connect(seconds(100));
        clock_.advance(seconds(99));
        server_.next({trouble});
        // Due, but not over: it serves on.
        EXPECT_EQ(kimbap.token()->value.reveal(), "access-0")
            << trouble.status << trouble.body.substr(0, 40);
        EXPECT_EQ(kimbap.stored().record.refresh_token.reveal(), "refresh-0");
        EXPECT_EQ(kimbap.stored().record.connection.state, ConnectionState::active);
        clock_.advance(seconds(2));
        // Over: the failure is remembered for a while instead of being found out by every call.
        EXPECT_FALSE(kimbap.token());
        EXPECT_FALSE(kimbap.token());
    }
    EXPECT_EQ(server_.requests().size(), 9U);
}

TEST_F(BrokerTest, ComesBackWhenTheProviderDoes) {
    BrokerOptions impatient;
    impatient.pause_after_failure = std::chrono::milliseconds(0);
    kimbap::test::TempFolder folder;
    test::Installation kimbap(folder / "data", secret_, server_.url(), clock_, impatient);
    kimbap.connect(seconds(100));
    clock_.advance(seconds(200));
    server_.next({{503, ""}});
    EXPECT_FALSE(kimbap.token());
    EXPECT_EQ(kimbap.token()->value.reveal(), "access-1");
}

TEST_F(BrokerTest, WithoutAnythingToRenewWithAnOperatorIsNeeded) {
    kimbap_.connect(seconds(100));
    StoredConnection stored = kimbap_.stored();
    stored.record.refresh_token = Secret{};
    ASSERT_TRUE(kimbap_.connections.put(stored.record, stored.version, "connected", "test"));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-0");
    EXPECT_EQ(kimbap_.replace(kimbap_.stored().version).error().code, Errc::unauthenticated);
    clock_.advance(seconds(200));
    EXPECT_THAT(kimbap_.token().error().message, HasSubstr("kimbap auth connect fake"));
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(BrokerTest, ARefreshTokenGoesOnlyWhereItCameFrom) {
    kimbap_.connect(seconds(100));
    clock_.advance(seconds(200));
    test::FakeAuthorizationServer other;
    test::Installation moved(folder_ / "data", secret_, other.url(), clock_);
    const auto token = moved.token();
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Errc::forbidden);
    EXPECT_TRUE(other.requests().empty());
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(BrokerTest, ARefreshTokenIsItsClientsAlone) {
    kimbap_.connect(seconds(100));
    StoredConnection stored = kimbap_.stored();
    stored.record.connection.client_id = "another";
    ASSERT_TRUE(kimbap_.connections.put(stored.record, stored.version, "connected", "test"));
    clock_.advance(seconds(200));
    const auto token = kimbap_.token();
    ASSERT_FALSE(token);
    EXPECT_THAT(token.error().message, HasSubstr("put it back"));
    EXPECT_TRUE(server_.requests().empty());
    EXPECT_EQ(kimbap_.stored().record.connection.state, ConnectionState::active);
}

TEST_F(BrokerTest, AClockThatWentBackIsNotTrusted) {
    kimbap_.connect(seconds(3600));
    clock_.advance(-std::chrono::hours(5));
    EXPECT_EQ(kimbap_.token()->value.reveal(), "access-1");
}

TEST_F(BrokerTest, NoManifestCanNameTheRecordAsItsCredential) {
    kimbap_.connect(seconds(3600));
    static_cast<void>(kimbap_.token());
    for (const char* ref : {"kimbap.internal.oauth/fake/default", "oauth/fake/default"}) {
        auto tried = kimbap_.vault.try_open(ref);
        EXPECT_TRUE(!tried || !*tried) << ref;
        EXPECT_FALSE(kimbap_.run(kimbap_.vault.open(ref, kimbap_.workers))) << ref;
        EXPECT_FALSE(kimbap_.vault.open_blocking(ref)) << ref;
    }
    const auto listed = kimbap_.vault.list();
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(listed->front().name, "oauth/fake/client_secret");
}

}  // namespace
}  // namespace kimbap::oauth
