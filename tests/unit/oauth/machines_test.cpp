#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/postgres_server.hpp"
#include "unit/oauth/fake_provider.hpp"

namespace kimbap::oauth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Connections of machines that share a PostgreSQL database.
class PostgresConnections : public ::testing::Test {
protected:
    std::unique_ptr<test::Installation> machine(const std::string& name) {
        return std::make_unique<test::Installation>(folder_ / name, secret_, server_.url(), clock_,
                                                    BrokerOptions{}, url_);
    }

    kimbap::test::PostgresServer database_;
    const std::string url_ = database_.new_database();
    test::FakeAuthorizationServer server_;
    kimbap::test::ManualClock clock_;
    kimbap::test::TempFolder folder_;
    Secret secret_ = vault::generate_vault_secret();
};

TEST_F(PostgresConnections, AreRefreshedOnceBetweenMachines) {
    server_.during([] { std::this_thread::sleep_for(milliseconds(100)); });
    const std::array machines{machine("a"), machine("b"), machine("c")};
    machines[0]->connect(seconds(-1));
    std::vector<std::string> tokens(machines.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < machines.size(); ++i) {
        threads.emplace_back([&, i] {
            const auto token = machines[i]->token();
            tokens[i] = token ? std::string(token->value.reveal()) : token.error().message;
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& token : tokens) EXPECT_EQ(token, "access-1");
    EXPECT_EQ(server_.refreshes(), 1);
}

TEST_F(PostgresConnections, KeepWhatTheProviderRotatedWhileTheDatabaseRestarts) {
    const auto kimbap = machine("a");
    kimbap->connect(seconds(-1));
    std::promise<void> asked;
    std::promise<void> stopped;
    std::thread restarting([&] {
        asked.get_future().wait_for(seconds(30));
        database_.stop();
        stopped.set_value();
        std::this_thread::sleep_for(milliseconds(1500));
        database_.start();
    });
    server_.during([&] {
        asked.set_value();
        stopped.get_future().wait();
    });
    const auto token = kimbap->token();
    restarting.join();
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->value.reveal(), "access-1");
    EXPECT_EQ(kimbap->stored().record.refresh_token.reveal(), "refresh-1");
}

}  // namespace
}  // namespace kimbap::oauth
