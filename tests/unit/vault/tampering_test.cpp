#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/store.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/open_store.hpp"
#include "vault/record.hpp"
#include "vault/vault.hpp"
#include "vault/vault_secret.hpp"

/// What somebody who can write the database file can do to the vault: never a wrong value, always
/// a clear error, and what was left alone stays readable.
namespace kimbap::vault {
namespace {

namespace fs = std::filesystem;

constexpr VaultOptions kFast{kMinIterations};
constexpr std::string_view kValue = "the value of a";

class Tampering : public testing::Test {
protected:
    Tampering() {
        const auto store = test::open_store(folder_ / "data");
        Vault vault(*store, clock_, secret_, kFast);
        EXPECT_TRUE(vault.check());
        EXPECT_TRUE(vault.set("a.token", Secret(kValue), "alice"));
        EXPECT_TRUE(vault.set("b.token", Secret("the value of b"), "alice"));
    }

    [[nodiscard]] std::string file() const { return folder_ / "data/kimbap.db"; }

    /// The database as one file, and back.
    [[nodiscard]] std::string bytes() const {
        run("PRAGMA wal_checkpoint(TRUNCATE)");
        std::ifstream in(file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void put(const std::string& bytes) const {
        for (const char* left : {"-wal", "-shm"}) fs::remove(file() + left);
        std::ofstream(file(), std::ios::binary) << bytes;
    }

    bool run(const std::string& statement) const {
        sqlite3* database = nullptr;
        bool done = ::sqlite3_open(file().c_str(), &database) == SQLITE_OK;
        done = done && ::sqlite3_exec(database, "PRAGMA ignore_check_constraints = ON", nullptr,
                                      nullptr, nullptr) == SQLITE_OK;
        done = done &&
               ::sqlite3_exec(database, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
        ::sqlite3_close(database);
        return done;
    }

    /// What a freshly started process makes of the record.
    [[nodiscard]] Result<Secret> opened(const std::string& ref) const {
        auto store = store::open_store({folder_ / "data", false});
        if (!store) return store.error();
        const Vault vault(**store, clock_, secret_, kFast);
        return vault.open_blocking(ref);
    }

    test::TempFolder folder_;
    test::ManualClock clock_;
    Secret secret_ = generate_vault_secret();
};

TEST_F(Tampering, RecordsThatWereChangedAreRefusedAndTheOthersStay) {
    const std::string intact = bytes();
    const char* const changes[]{
        "UPDATE secrets SET salt = substr(salt, 1, 15) WHERE name = 'a.token'",
        "UPDATE secrets SET salt = salt || x'00' WHERE name = 'a.token'",
        "UPDATE secrets SET salt = zeroblob(16) WHERE name = 'a.token'",
        "UPDATE secrets SET nonce = substr(nonce, 1, 11) WHERE name = 'a.token'",
        "UPDATE secrets SET nonce = zeroblob(12) WHERE name = 'a.token'",
        "UPDATE secrets SET tag = substr(tag, 1, 8) WHERE name = 'a.token'",
        "UPDATE secrets SET tag = zeroblob(0) WHERE name = 'a.token'",
        "UPDATE secrets SET ciphertext = zeroblob(0) WHERE name = 'a.token'",
        "UPDATE secrets SET ciphertext = substr(ciphertext, 1, 5) WHERE name = 'a.token'",
        "UPDATE secrets SET ciphertext = ciphertext || x'00' WHERE name = 'a.token'",
        "UPDATE secrets SET version = version + 1 WHERE name = 'a.token'",
        "UPDATE secrets SET version = -1 WHERE name = 'a.token'",
        "UPDATE secrets SET iterations = iterations + 1 WHERE name = 'a.token'",
        "UPDATE secrets SET iterations = 1 WHERE name = 'a.token'",
        "UPDATE secrets SET iterations = 9223372036854775807 WHERE name = 'a.token'",
        // Swapped: each record under the other's name, whole or in part.
        "DELETE FROM secrets WHERE name = 'a.token'; "
        "INSERT INTO secrets SELECT 'a.token', version, iterations, salt, nonce, ciphertext, tag, "
        "created_at, updated_at FROM secrets WHERE name = 'b.token'",
        "UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE name = 'b.token') "
        "WHERE name = 'a.token'",
        "UPDATE secrets SET (salt, nonce, ciphertext, tag) = (SELECT salt, nonce, ciphertext, tag "
        "FROM secrets WHERE name = 'b.token') WHERE name = 'a.token'",
    };
    for (const char* change : changes) {
        put(intact);
        ASSERT_TRUE(run(change)) << change;
        const auto wrong = opened("a.token");
        ASSERT_FALSE(wrong) << change;
        EXPECT_EQ(wrong.error().code, Errc::corrupt) << change;
        EXPECT_NE(wrong.error().message.find("a.token"), std::string::npos)
            << wrong.error().message;
        EXPECT_NE(wrong.error().message.find("kimbap vault set"), std::string::npos);
        const auto other = opened("b.token");
        ASSERT_TRUE(other) << change << ": " << other.error().message;
        EXPECT_EQ(other->reveal(), "the value of b");
    }
    put(intact);
    EXPECT_EQ(opened("a.token")->reveal(), kValue);
}

TEST(TamperingWithARecord, EveryBitOfTheSaltCounts) {
    // A key is derived for each: few iterations do, since no record depends on how many.
    constexpr std::int64_t few = 10;
    std::array<std::uint8_t, kSaltSize> salt{1, 2, 3};
    const auto key_of = [&](const auto& from) {
        std::array<std::uint8_t, kKeySize> key{};
        const std::string_view bytes(reinterpret_cast<const char*>(from.data()), from.size());
        EXPECT_TRUE(derive_key("a vault secret", bytes, few, key));
        return key;
    };
    const auto row = seal_record("a", 1, kMinIterations, salt, key_of(salt), kValue).value();
    EXPECT_EQ(open_record(row, key_of(row.salt))->reveal(), kValue);
    for (std::size_t bit = 0; bit < kSaltSize * 8; ++bit) {
        auto flipped = row.salt;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_EQ(open_record(row, key_of(flipped)).error().code, Errc::corrupt) << bit;
    }
}

TEST_F(Tampering, FlippedBitsOfTheFileGiveTheValueOrAnError) {
    const std::string intact = bytes();
    const std::size_t at = intact.find("a.token");
    ASSERT_NE(at, std::string::npos);
    // The record's header, where SQLite keeps what follows in which length, and its name. (What
    // follows is the row's own bytes, every bit of which record_test flips.)
    constexpr std::size_t before = 12;
    int errors = 0;
    for (std::size_t byte = at - before; byte < at + 7; ++byte) {
        for (unsigned bit = 0; bit < 8; bit += 2) {
            std::string changed = intact;
            changed[byte] =
                static_cast<char>(static_cast<unsigned char>(changed[byte]) ^ (1U << bit));
            put(changed);
            const auto result = opened("a.token");
            if (result) {
                EXPECT_EQ(result->reveal(), kValue) << byte - at << " " << bit;
            } else {
                ++errors;
            }
        }
    }
    EXPECT_GT(errors, 20);
    put(intact);
    EXPECT_EQ(opened("a.token")->reveal(), kValue);
}

TEST_F(Tampering, AFileCutShortIsAnError) {
    const std::string intact = bytes();
    for (const std::size_t size : {std::size_t{1}, std::size_t{50}, std::size_t{100},
                                   std::size_t{4096}, intact.size() / 2, intact.size() - 4096}) {
        put(intact.substr(0, size));
        const auto result = opened("a.token");
        if (result) {
            EXPECT_EQ(result->reveal(), kValue) << size;
        } else {
            EXPECT_FALSE(result.error().message.empty()) << size;
        }
    }
    put(std::string(8192, 'x'));
    EXPECT_FALSE(opened("a.token"));
    put(intact);
    EXPECT_EQ(opened("a.token")->reveal(), kValue);
}

}  // namespace
}  // namespace kimbap::vault
