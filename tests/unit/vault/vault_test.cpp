#include "vault/vault.hpp"

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <thread>

#include "async/worker_pool.hpp"
#include "store/audit_store.hpp"
#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

constexpr VaultOptions kFast{kMinIterations};

class VaultTest : public testing::Test {
protected:
    Vault make(const Secret& secret) { return Vault(*fixture_.store, clock_, secret, kFast); }

    Result<Secret> open(Vault& vault, const std::string& ref) {
        return test::run_task(vault.open(ref, workers_));
    }

    store::SecretRow row(const std::string& name) {
        return store::query(*fixture_.store,
                            [&](const store::Snapshot& s) { return s.secrets().find(name); })
            .value()
            .value();
    }
    void put(const store::SecretRow& changed) {
        ASSERT_TRUE(store::write_blocking(
            *fixture_.store, [&](store::Transaction& t) { return t.secrets().put(changed); }));
    }

    std::vector<std::string> audit_lines() {
        std::vector<std::string> lines;
        const auto read = fixture_.store->read([&](const store::Snapshot& s) {
            return s.audit().scan(0, [&](const store::AuditRow& r) {
                lines.push_back(r.line);
                return true;
            });
        });
        EXPECT_TRUE(read);
        return lines;
    }

    test::StoreFixture fixture_;
    test::ManualClock clock_;
    async::WorkerPool workers_{2};
    Secret secret_ = generate_vault_secret();
    Vault vault_{*fixture_.store, clock_, secret_, kFast};
};

TEST_F(VaultTest, KeepsSecrets) {
    ASSERT_TRUE(vault_.check());
    ASSERT_TRUE(vault_.set("github.token", Secret("ghp_1234567890"), "alice"));
    EXPECT_EQ(open(vault_, "github.token")->reveal(), "ghp_1234567890");
    EXPECT_EQ(vault_.open_blocking("github.token")->reveal(), "ghp_1234567890");

    const store::SecretRow stored = row("github.token");
    EXPECT_EQ(stored.version, 1);
    EXPECT_EQ(stored.iterations, kMinIterations);
    EXPECT_EQ(stored.ciphertext.find("ghp_"), std::string::npos);
}

TEST_F(VaultTest, AnotherProcessOpensThem) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    Vault other(*fixture_.store, clock_, secret_, kFast);
    ASSERT_TRUE(other.check());
    EXPECT_EQ(other.open_blocking("a")->reveal(), "value");
}

TEST_F(VaultTest, ASecondOpenNeedsNoStore) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    EXPECT_FALSE(vault_.try_open("a"));
    ASSERT_TRUE(open(vault_, "a"));
    auto again = vault_.try_open("a");
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->reveal(), "value");
}

TEST_F(VaultTest, AMissingOneSaysHowToAddIt) {
    for (const auto& opened : {open(vault_, "no.such"), vault_.open_blocking("no.such")}) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::not_found);
        EXPECT_NE(opened.error().message.find("kimbap vault set no.such"), std::string::npos);
    }
}

TEST_F(VaultTest, RotationHoldsAtOnce) {
    ASSERT_TRUE(vault_.set("a", Secret("old"), "alice"));
    ASSERT_TRUE(open(vault_, "a"));
    Vault other(*fixture_.store, clock_, secret_, kFast);
    clock_.advance(std::chrono::hours(1));
    ASSERT_TRUE(other.rotate("a", Secret("new"), "bob"));
    EXPECT_FALSE(vault_.try_open("a"));
    EXPECT_EQ(open(vault_, "a")->reveal(), "new");
    const auto listed = vault_.list().value();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].version, 2);
    EXPECT_EQ(listed[0].updated_at - listed[0].created_at, std::chrono::hours(1));
    EXPECT_EQ(vault_.rotate("b", Secret("x"), "bob").error().code, Errc::not_found);
}

TEST_F(VaultTest, SettingAgainReplaces) {
    ASSERT_TRUE(vault_.set("a", Secret("one"), "alice"));
    const store::SecretRow first = row("a");
    ASSERT_TRUE(vault_.set("a", Secret("two"), "alice"));
    const store::SecretRow second = row("a");
    EXPECT_EQ(second.version, 2);
    EXPECT_NE(first.salt, second.salt);
    EXPECT_EQ(vault_.open_blocking("a")->reveal(), "two");
}

TEST_F(VaultTest, ChangesElsewhereKeepTheDerivedKey) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    ASSERT_TRUE(open(vault_, "a"));
    Vault other(*fixture_.store, clock_, secret_, kFast);
    ASSERT_TRUE(other.set("b", Secret("other"), "alice"));
    EXPECT_FALSE(vault_.try_open("a"));
    const std::uint64_t before = vault_.derivations();
    EXPECT_EQ(open(vault_, "a")->reveal(), "value");
    EXPECT_TRUE(vault_.try_open("a"));
    EXPECT_EQ(vault_.derivations(), before);
    ASSERT_TRUE(other.rotate("a", Secret("new"), "alice"));
    EXPECT_EQ(open(vault_, "a")->reveal(), "new");
    EXPECT_EQ(vault_.derivations(), before + 1);
}

TEST_F(VaultTest, RemovedOnesAreGone) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    ASSERT_TRUE(open(vault_, "a"));
    ASSERT_TRUE(vault_.remove("a", "alice"));
    EXPECT_FALSE(vault_.try_open("a"));
    EXPECT_EQ(open(vault_, "a").error().code, Errc::not_found);
    EXPECT_EQ(vault_.remove("a", "alice").error().code, Errc::not_found);
    EXPECT_TRUE(vault_.list()->empty());
}

TEST_F(VaultTest, RefusesBadNamesAndValues) {
    EXPECT_EQ(vault_.set("Bad Name", Secret("x"), "a").error().code, Errc::invalid_argument);
    EXPECT_EQ(vault_.set("kimbap.internal.x", Secret("x"), "a").error().code,
              Errc::invalid_argument);
    EXPECT_EQ(vault_.set("a", Secret(), "a").error().code, Errc::invalid_argument);
    EXPECT_EQ(vault_.set("a", Secret(std::string(65'537, 'x')), "a").error().code, Errc::too_large);
    EXPECT_TRUE(vault_.list()->empty());
}

TEST_F(VaultTest, EveryChangeIsAuditedWithoutTheValue) {
    ASSERT_TRUE(vault_.set("a", Secret("very-secret-value"), "alice"));
    ASSERT_TRUE(vault_.rotate("a", Secret("very-secret-value"), "bob"));
    ASSERT_TRUE(vault_.remove("a", "carol"));
    const auto lines = audit_lines();
    ASSERT_EQ(lines.size(), 3U);
    const std::array<std::string, 3> changes{"\"set\"", "\"rotated\"", "\"removed\""};
    const std::array<std::string, 3> actors{"alice", "bob", "carol"};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_NE(lines[i].find("vault.changed"), std::string::npos);
        EXPECT_NE(lines[i].find(changes[i]), std::string::npos) << lines[i];
        EXPECT_NE(lines[i].find(actors[i]), std::string::npos) << lines[i];
        EXPECT_EQ(lines[i].find("very-secret"), std::string::npos);
    }
}

TEST_F(VaultTest, AWrongVaultSecretIsNoticed) {
    ASSERT_TRUE(vault_.check());
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    for (const auto& wrong :
         {std::string(generate_vault_secret().reveal()), std::string("a human-made secret")}) {
        Vault other(*fixture_.store, clock_, Secret(wrong), kFast);
        EXPECT_TRUE(other.check_is_instant());
        EXPECT_EQ(other.check().error().code, Errc::invalid_config);
        EXPECT_EQ(other.set("b", Secret("x"), "mallory").error().code, Errc::invalid_config);
        EXPECT_FALSE(other.open_blocking("a"));
    }
    EXPECT_TRUE(vault_.check_is_instant());
    EXPECT_TRUE(vault_.check());
}

TEST_F(VaultTest, AWrongSecretIsNoticedWithoutACheckValueToo) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    test::TempFolder folder;
    const auto copy = test::open_store(folder / "data");
    const store::SecretRow stored = row("a");
    ASSERT_TRUE(store::write_blocking(
        *copy, [&](store::Transaction& t) { return t.secrets().put(stored); }));
    Vault wrong(*copy, clock_, generate_vault_secret(), kFast);
    EXPECT_FALSE(wrong.check_is_instant());
    EXPECT_EQ(wrong.check().error().code, Errc::invalid_config);
    Vault right(*copy, clock_, secret_, kFast);
    EXPECT_TRUE(right.check());
}

TEST_F(VaultTest, HumanSecretsWork) {
    test::TempFolder folder;
    const auto store = test::open_store(folder / "data");
    const Secret human("correct horse battery staple");
    Vault vault(*store, clock_, human, kFast);
    EXPECT_FALSE(vault.check_is_instant());
    ASSERT_TRUE(vault.check());
    ASSERT_TRUE(vault.set("a", Secret("value"), "alice"));
    Vault again(*store, clock_, human, kFast);
    EXPECT_FALSE(again.check_is_instant());
    ASSERT_TRUE(again.check());
    Vault wrong(*store, clock_, Secret("correct horse battery stable"), kFast);
    EXPECT_EQ(wrong.check().error().code, Errc::invalid_config);
}

TEST_F(VaultTest, SwappedAndChangedRowsAreRefused) {
    ASSERT_TRUE(vault_.set("a", Secret("value of a"), "alice"));
    ASSERT_TRUE(vault_.set("b", Secret("value of b"), "alice"));
    ASSERT_TRUE(open(vault_, "a"));
    const store::SecretRow a = row("a");
    store::SecretRow b_as_a = row("b");
    b_as_a.name = "a";
    put(b_as_a);
    EXPECT_EQ(open(vault_, "a").error().code, Errc::corrupt);

    for (int field = 0; field < 5; ++field) {
        store::SecretRow changed = a;
        if (field == 0) changed.salt[3] ^= 1;
        if (field == 1) changed.nonce[3] ^= 1;
        if (field == 2) changed.tag[3] ^= 1;
        if (field == 3) changed.version += 1;
        if (field == 4) changed.iterations += 1;
        put(changed);
        EXPECT_EQ(open(vault_, "a").error().code, Errc::corrupt) << field;
        EXPECT_FALSE(vault_.try_open("a"));
    }
    put(a);
    EXPECT_EQ(open(vault_, "a")->reveal(), "value of a");
}

TEST_F(VaultTest, OldVersionsDontComeBack) {
    ASSERT_TRUE(vault_.set("a", Secret("old"), "alice"));
    store::SecretRow old = row("a");
    ASSERT_TRUE(vault_.rotate("a", Secret("new"), "alice"));
    old.version = 2;
    put(old);
    EXPECT_EQ(open(vault_, "a").error().code, Errc::corrupt);
}

TEST_F(VaultTest, ManyAskAtOnceAndOneKeyIsDerived) {
    ASSERT_TRUE(vault_.set("a", Secret("value"), "alice"));
    asio::io_context context;
    int right = 0;
    const auto ask = [&]() -> Task<> {
        Task<Result<Secret>> opening = vault_.open("a", workers_);
        const Result<Secret> opened = co_await std::move(opening);
        if (opened && opened->reveal() == "value") ++right;
    };
    std::exception_ptr failure;
    const std::uint64_t before = vault_.derivations();
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(context, ask, [&](std::exception_ptr thrown) {
            if (thrown) failure = thrown;
        });
    }
    context.run();
    EXPECT_FALSE(failure);
    EXPECT_EQ(right, 100);
    EXPECT_EQ(vault_.derivations(), before + 1);
}

TEST_F(VaultTest, FirstUsesDontWaitForEachOther) {
    // One worker thread, occupied by nothing but short reads: eight secrets are derived beside it.
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(vault_.set("s" + std::to_string(i), Secret("v" + std::to_string(i)), "a"));
    }
    async::WorkerPool one{1};
    Vault fresh(*fixture_.store, clock_, secret_, kFast);
    asio::io_context context;
    int right = 0;
    const auto ask = [&](int i) -> Task<> {
        Task<Result<Secret>> opening = fresh.open("s" + std::to_string(i), one);
        const Result<Secret> opened = co_await std::move(opening);
        if (opened && opened->reveal() == "v" + std::to_string(i)) ++right;
    };
    for (int i = 0; i < 8; ++i) {
        asio::co_spawn(context, ask(i), [](std::exception_ptr) {});
    }
    // While they are derived the worker stays free.
    const auto free = [&]() -> Task<Result<int>> {
        auto job = one.run([]() -> Result<int> { return 1; });
        co_return co_await std::move(job);
    };
    std::size_t done_before = 8;
    asio::co_spawn(
        context,
        [&]() -> Task<> {
            Task<Result<int>> job = free();
            const auto answered = co_await std::move(job);
            if (answered) done_before = static_cast<std::size_t>(right);
        },
        [](std::exception_ptr) {});
    context.run();
    EXPECT_EQ(right, 8);
    EXPECT_LT(done_before, 8U);
}

TEST_F(VaultTest, OpenSeesWhatWasSetBeforeItWasCalled) {
    // Readers hammer while the value moves on: none may get a value older than the one that was
    // durable when it asked.
    ASSERT_TRUE(vault_.set("a", Secret("0"), "alice"));
    std::atomic<int> durable{0};
    std::atomic<int> asked{0};
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (int i = 1; i <= 15; ++i) {
            if (!vault_.rotate("a", Secret(std::to_string(i)), "alice")) break;
            durable = i;
            // On a busy machine the writer could be done before the reader had its turn.
            asked.wait(asked.load());
        }
        stop = true;
    });
    int stale = 0;
    asio::io_context context;
    while (!stop) {
        const int at_least = durable;
        const auto opened = test::run_on(context, vault_.open("a", workers_));
        if (!opened || std::stoi(std::string(opened->reveal())) < at_least) ++stale;
        ++asked;
        asked.notify_all();
    }
    writer.join();
    EXPECT_EQ(stale, 0);
    EXPECT_GE(asked, 15);
    EXPECT_EQ(vault_.open_blocking("a")->reveal(), "15");
}

TEST_F(VaultTest, InternalKeysAreKeptButNotServed) {
    const auto key = vault_.internal_key("sealer", 32);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->size(), 32U);
    Vault other(*fixture_.store, clock_, secret_, kFast);
    EXPECT_EQ(other.internal_key("sealer", 32)->reveal(), key->reveal());
    EXPECT_NE(other.internal_key("checkpoint", 32)->reveal(), key->reveal());
    EXPECT_TRUE(vault_.list()->empty());
    for (Vault* vault : {&vault_, &other}) {
        EXPECT_EQ(open(*vault, "kimbap.internal.sealer").error().code, Errc::not_found);
        EXPECT_EQ(vault->open_blocking("kimbap.internal.sealer").error().code, Errc::not_found);
        EXPECT_FALSE(vault->try_open("kimbap.internal.sealer"));
        EXPECT_FALSE(vault->remove("kimbap.internal.sealer", "mallory"));
    }
    EXPECT_EQ(vault_.internal_key("sealer", 16).error().code, Errc::corrupt);
}

TEST_F(VaultTest, RefusesIterationsOutOfRange) {
    for (const std::int64_t iterations : {kMinIterations - 1, kMaxIterations + 1}) {
        EXPECT_THROW(Vault(*fixture_.store, clock_, secret_, VaultOptions{iterations}),
                     std::invalid_argument);
    }
}

}  // namespace
}  // namespace kimbap::vault
