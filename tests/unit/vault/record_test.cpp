#include "vault/record.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "vault/key_derivation.hpp"

namespace kimbap::vault {
namespace {

constexpr std::array<std::uint8_t, 32> kKey{1, 2, 3};
constexpr std::array<std::uint8_t, 16> kSalt{4, 5, 6};

store::SecretRow sealed(std::string_view name = "a.token", std::int64_t version = 3) {
    return seal_record(name, version, kDefaultIterations, kSalt, kKey, "the value").value();
}

template <class Bytes>
void flip(Bytes& bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<typename Bytes::value_type>(
        static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
}

TEST(Record, OpensWhatItSealed) {
    const store::SecretRow row = sealed();
    EXPECT_EQ(row.ciphertext.find("the value"), std::string::npos);
    EXPECT_EQ(row.salt, kSalt);
    const auto opened = open_record(row, kKey);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), "the value");
}

TEST(Record, RefusesEveryFlippedBit) {
    const store::SecretRow row = sealed();
    std::vector<store::SecretRow> changed;
    const auto each_bit = [&](std::size_t bytes,
                              const std::function<void(store::SecretRow&, std::size_t)>& change) {
        for (std::size_t bit = 0; bit < bytes * 8; ++bit) {
            changed.push_back(row);
            change(changed.back(), bit);
        }
    };
    each_bit(row.nonce.size(), [](auto& r, std::size_t bit) { flip(r.nonce, bit); });
    each_bit(row.tag.size(), [](auto& r, std::size_t bit) { flip(r.tag, bit); });
    each_bit(row.ciphertext.size(), [](auto& r, std::size_t bit) { flip(r.ciphertext, bit); });
    each_bit(row.name.size(), [](auto& r, std::size_t bit) { flip(r.name, bit); });
    each_bit(8, [](auto& r, std::size_t bit) {
        r.version =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(r.version) ^ (1ULL << bit));
    });
    each_bit(8, [](auto& r, std::size_t bit) {
        r.iterations =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(r.iterations) ^ (1ULL << bit));
    });
    for (const store::SecretRow& wrong : changed) {
        const auto opened = open_record(wrong, kKey);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::corrupt);
    }
    EXPECT_GT(changed.size(), 400U);
}

TEST(Record, NoneStandsInForAnother) {
    store::SecretRow other = sealed("b.token", 3);
    other.name = "a.token";
    EXPECT_FALSE(open_record(other, kKey));
    store::SecretRow older = sealed("a.token", 2);
    older.version = 3;
    EXPECT_FALSE(open_record(older, kKey));
    // No pair of names and versions gives the same associated data.
    EXPECT_NE(associated_data("a", 11, 2), associated_data("a", 1, 12));
    EXPECT_NE(associated_data("a1", 1, 2), associated_data("a", 11, 2));
}

TEST(Record, Names) {
    for (const char* name : {"a", "0", "github.token", "team/a_b-c.d", "kimbap.internally"}) {
        EXPECT_TRUE(check_name(name)) << name;
    }
    EXPECT_TRUE(check_name(std::string(kMaxNameSize, 'a')));
    for (const std::string& name :
         {std::string(), std::string("A"), std::string(".a"), std::string("-a"), std::string("/a"),
          std::string("a b"), std::string("a\n"), std::string("a\0b", 3), std::string("ä"),
          std::string(kMaxNameSize + 1, 'a'), std::string("kimbap.internal.sealer")}) {
        const auto checked = check_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, Errc::invalid_argument);
    }
}

TEST(Record, Values) {
    EXPECT_TRUE(check_value("x"));
    EXPECT_TRUE(check_value(std::string(kMaxValueSize, 'x')));
    EXPECT_EQ(check_value("").error().code, Errc::invalid_argument);
    EXPECT_EQ(check_value(std::string(kMaxValueSize + 1, 'x')).error().code, Errc::too_large);
}

TEST(Record, IterationsOutOfRangeAreRefusedBeforeDeriving) {
    store::SecretRow row = sealed();
    for (const std::int64_t iterations :
         {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kMinIterations - 1,
          kMaxIterations + 1, std::int64_t{1} << 62}) {
        row.iterations = iterations;
        EXPECT_EQ(check_iterations(row).error().code, Errc::corrupt) << iterations;
    }
    for (const std::int64_t iterations : {kMinIterations, kDefaultIterations, kMaxIterations}) {
        row.iterations = iterations;
        EXPECT_TRUE(check_iterations(row));
    }
}

}  // namespace
}  // namespace kimbap::vault
