#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "store/audit_store.hpp"
#include "store/secret_store.hpp"
#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "unit/store/open_store.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

namespace kimbap::vault {
namespace {

constexpr VaultOptions kFast{kMinIterations};
constexpr int kSecrets = 4;

std::string ref(int i) {
    return "s" + std::to_string(i);
}

void fill(Vault& vault) {
    for (int i = 0; i < kSecrets; ++i) {
        ASSERT_TRUE(vault.set(ref(i), Secret("value " + std::to_string(i)), "alice"));
    }
}

int openable(Vault& vault) {
    int count = 0;
    for (int i = 0; i < kSecrets; ++i) {
        const auto opened = vault.open_blocking(ref(i));
        if (opened && opened->reveal() == "value " + std::to_string(i)) ++count;
    }
    return count;
}

class Rekey : public testing::Test {
protected:
    test::StoreFixture fixture_;
    test::ManualClock clock_;
    Secret old_ = generate_vault_secret();
    Secret new_ = generate_vault_secret();
};

TEST_F(Rekey, EverythingIsUnderTheNewSecret) {
    Vault vault(*fixture_.store, clock_, old_, kFast);
    fill(vault);
    const std::string sealer(vault.internal_key("sealer", 32)->reveal());
    ASSERT_EQ(openable(vault), kSecrets);
    const auto before = vault.list().value();
    const auto rekeyed = vault.rekey(new_, "alice");
    ASSERT_TRUE(rekeyed) << rekeyed.error().message;
    EXPECT_EQ(*rekeyed, static_cast<std::size_t>(kSecrets) + 1);

    EXPECT_EQ(openable(vault), kSecrets);
    Vault fresh(*fixture_.store, clock_, new_, kFast);
    ASSERT_TRUE(fresh.check());
    EXPECT_EQ(openable(fresh), kSecrets);
    EXPECT_EQ(fresh.internal_key("sealer", 32)->reveal(), sealer);
    Vault late(*fixture_.store, clock_, old_, kFast);
    EXPECT_EQ(late.check().error().code, Errc::invalid_config);
    const auto after = fresh.list().value();
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(after[i].version, before[i].version);
        EXPECT_EQ(after[i].created_at, before[i].created_at);
    }
}

TEST_F(Rekey, RunningProcessesAreToldToRestart) {
    Vault running(*fixture_.store, clock_, old_, kFast);
    fill(running);
    ASSERT_EQ(openable(running), kSecrets);
    Vault other(*fixture_.store, clock_, old_, kFast);
    ASSERT_TRUE(other.rekey(new_, "alice"));
    EXPECT_FALSE(running.try_open(ref(0)));
    for (const auto& error :
         {running.open_blocking(ref(0)).error(), running.set("x", Secret("y"), "a").error(),
          running.remove(ref(0), "a").error(), running.rekey(old_, "a").error()}) {
        EXPECT_EQ(error.code, Errc::invalid_config);
        EXPECT_NE(error.message.find("restart"), std::string::npos) << error.message;
    }
    EXPECT_EQ(openable(other), kSecrets);
}

TEST_F(Rekey, IsOneAuditRecord) {
    Vault vault(*fixture_.store, clock_, old_, kFast);
    fill(vault);
    ASSERT_TRUE(vault.rekey(new_, "alice"));
    std::string last;
    ASSERT_TRUE(fixture_.store->read([&](const store::Snapshot& s) {
        return s.audit().scan_back(0, [&](const store::AuditRow& row) {
            last = row.line;
            return false;
        });
    }));
    EXPECT_NE(last.find("\"rekeyed\""), std::string::npos) << last;
    EXPECT_EQ(last.find(std::string(new_.reveal())), std::string::npos);
}

TEST_F(Rekey, RefusesAWeakSecretAndADamagedRecord) {
    Vault vault(*fixture_.store, clock_, old_, kFast);
    fill(vault);
    EXPECT_EQ(vault.rekey(Secret("short"), "a").error().code, Errc::invalid_argument);
    auto row = store::query(*fixture_.store,
                            [](const store::Snapshot& s) { return s.secrets().find("s1"); })
                   .value()
                   .value();
    row.tag[0] ^= 1;
    ASSERT_TRUE(store::write_blocking(*fixture_.store,
                                      [&](store::Transaction& t) { return t.secrets().put(row); }));
    EXPECT_EQ(vault.rekey(new_, "a").error().code, Errc::corrupt);
    Vault again(*fixture_.store, clock_, old_, kFast);
    EXPECT_TRUE(again.check());
    EXPECT_EQ(openable(again), kSecrets - 1);
}

TEST_F(Rekey, WhileOthersWriteNothingIsLost) {
    Vault vault(*fixture_.store, clock_, old_, kFast);
    fill(vault);
    Vault other(*fixture_.store, clock_, old_, kFast);
    int written = 0;
    std::thread writer([&] {
        // Writes until the rekeying is noticed.
        while (written < 60 && other.set("w" + std::to_string(written), Secret("w"), "bob")) {
            ++written;
            std::this_thread::yield();
        }
    });
    const auto rekeyed = vault.rekey(new_, "alice");
    writer.join();
    ASSERT_TRUE(rekeyed) << rekeyed.error().message;
    EXPECT_EQ(openable(vault), kSecrets);
    for (int i = 0; i < written; ++i) EXPECT_TRUE(vault.open_blocking("w" + std::to_string(i)));
    EXPECT_EQ(vault.list()->size(), static_cast<std::size_t>(kSecrets + written));
}

TEST_F(Rekey, ACrashLeavesTheOldOrTheNew) {
    const std::string folder = fixture_.folder / "crash";
    {
        const auto store = test::open_store(folder);
        Vault vault(*store, clock_, old_, kFast);
        fill(vault);
        ASSERT_EQ(::testing::Test::HasFatalFailure(), false);
    }
    int old_left = 0;
    int new_left = 0;
    for (int round = 0; round < 12; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            // Back and forth until killed.
            const auto store = test::open_store(folder);
            for (;;) {
                Vault with_old(*store, clock_, old_, kFast);
                const bool is_old = with_old.check().has_value();
                Vault vault(*store, clock_, is_old ? old_ : new_, kFast);
                if (!vault.rekey(is_old ? new_ : old_, "alice")) _exit(1);
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(60 + 37 * round));
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child gave up by itself";

        const auto store = test::open_store(folder);
        Vault with_old(*store, clock_, old_, kFast);
        Vault with_new(*store, clock_, new_, kFast);
        const bool is_old = with_old.check().has_value();
        ASSERT_NE(is_old, with_new.check().has_value());
        EXPECT_EQ(openable(is_old ? with_old : with_new), kSecrets) << round;
        EXPECT_EQ(openable(is_old ? with_new : with_old), 0) << round;
        ++(is_old ? old_left : new_left);
    }
    RecordProperty("old_left", old_left);
    RecordProperty("new_left", new_left);
}

}  // namespace
}  // namespace kimbap::vault
