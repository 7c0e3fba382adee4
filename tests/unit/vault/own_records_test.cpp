#include <gtest/gtest.h>

#include "async/worker_pool.hpp"
#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

class OwnRecordsTest : public testing::Test {
protected:
    Result<std::int64_t> put(std::string_view value, std::int64_t expected) {
        return vault_.put_own("oauth/a", Secret(value), expected,
                              [this](store::Transaction&) -> Result<void> {
                                  ++told_;
                                  return also_;
                              });
    }
    store::SecretRow row() {
        return store::query(*fixture_.store,
                            [](const store::Snapshot& s) {
                                return s.secrets().find("kimbap.internal.oauth/a");
                            })
            .value()
            .value();
    }

    test::StoreFixture fixture_;
    test::ManualClock clock_;
    async::WorkerPool workers_{2};
    Secret secret_ = generate_vault_secret();
    Vault vault_{*fixture_.store, clock_, secret_, {kMinIterations}};
    int told_ = 0;
    Result<void> also_;
};

TEST_F(OwnRecordsTest, AreKeptByVersion) {
    EXPECT_EQ(put("one", 0).value(), 1);
    EXPECT_EQ(put("two", 1).value(), 2);
    EXPECT_EQ(put("three", 1).error().code, Errc::conflict);
    EXPECT_EQ(put("three", 0).error().code, Errc::conflict);
    EXPECT_EQ(told_, 2);
    const auto opened = vault_.open_own_blocking("oauth/a");
    EXPECT_EQ(opened->value.reveal(), "two");
    EXPECT_EQ(opened->version, 2);
    EXPECT_EQ(test::run_task(vault_.open_own("oauth/a", workers_))->value.reveal(), "two");
    EXPECT_EQ((*vault_.try_open_own("oauth/a"))->value.reveal(), "two");
}

TEST_F(OwnRecordsTest, KeepTheirKeyAndNeverTheirNonce) {
    ASSERT_TRUE(put("one", 0));
    static_cast<void>(vault_.open_own_blocking("oauth/a"));
    const store::SecretRow first = row();
    const auto derived = vault_.derivations();
    ASSERT_TRUE(put("two", 1));
    EXPECT_EQ(vault_.open_own_blocking("oauth/a")->value.reveal(), "two");
    EXPECT_EQ(vault_.derivations(), derived);
    EXPECT_EQ(row().salt, first.salt);
    EXPECT_NE(row().nonce, first.nonce);
}

TEST_F(OwnRecordsTest, AreChangedWithTheirRecordOrNotAtAll) {
    ASSERT_TRUE(put("one", 0));
    also_ = make_error(Errc::storage_failure, "no");
    EXPECT_FALSE(put("two", 1));
    EXPECT_EQ(vault_.open_own_blocking("oauth/a")->value.reveal(), "one");
    EXPECT_FALSE(vault_.remove_own("oauth/a", [&](store::Transaction&) { return also_; }));
    EXPECT_TRUE(vault_.open_own_blocking("oauth/a"));
    also_ = {};
    EXPECT_TRUE(vault_.remove_own("oauth/a", [&](store::Transaction&) { return also_; }));
    EXPECT_EQ(vault_.open_own_blocking("oauth/a").error().code, Errc::not_found);
}

TEST_F(OwnRecordsTest, AreNoCredentials) {
    ASSERT_TRUE(put("one", 0));
    static_cast<void>(vault_.open_own_blocking("oauth/a"));
    const std::string ref = "kimbap.internal.oauth/a";
    EXPECT_FALSE(vault_.try_open(ref));
    EXPECT_FALSE(vault_.open_blocking(ref));
    EXPECT_FALSE(test::run_task(vault_.open(ref, workers_)));
    EXPECT_TRUE(vault_.list()->empty());
    EXPECT_FALSE(vault_.set(ref, Secret("mine"), "mallory"));
    EXPECT_EQ(vault_.list_own("oauth/").value(), std::vector<std::string>{"oauth/a"});
    EXPECT_TRUE(vault_.list_own("other/")->empty());
}

TEST_F(OwnRecordsTest, AnotherProcessSeesTheChange) {
    Vault other(*fixture_.store, clock_, secret_, {kMinIterations});
    ASSERT_TRUE(put("one", 0));
    EXPECT_EQ(other.open_own_blocking("oauth/a")->value.reveal(), "one");
    ASSERT_TRUE(put("two", 1));
    EXPECT_EQ(other.open_own_blocking("oauth/a")->value.reveal(), "two");
}

}  // namespace
}  // namespace kimbap::vault
