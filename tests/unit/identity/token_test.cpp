#include "identity/token.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/encoding.hpp"

namespace kimbap::identity {
namespace {

// Computed by other means: "kbp_", base64url of 32 bytes 0x00 … 0x1f, six characters of the
// checksum.
constexpr const char* kKnown = "kbp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh86oZqdX";
constexpr const char* kKnownHash =
    "09328aace011470508e44d2d50d108ba7887a6df69756ca7744b00f76874b310";

TEST(TokenTest, AgreesWithATokenComputedByOtherMeans) {
    const auto hash = token_hash(kKnown);
    ASSERT_TRUE(hash);
    EXPECT_EQ(hex_encode(bytes_of(*hash)), kKnownHash);
}

TEST(TokenTest, NewTokensAreWellFormedAndNeverTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const Secret token = new_token();
        const std::string_view text = token.reveal();
        EXPECT_EQ(text.size(), 53U);
        EXPECT_EQ(text.substr(0, 4), "kbp_");
        EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_"),
                  std::string_view::npos);
        EXPECT_TRUE(token_hash(text));
        EXPECT_TRUE(is_intact(text));
        EXPECT_TRUE(seen.emplace(text).second);
    }
}

TEST(TokenTest, ATypoAnywhereIsNoticed) {
    const std::string good = kKnown;
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string typo = good;
        typo[i] = typo[i] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(is_intact(typo)) << i;
    }
}

TEST(TokenTest, AnythingElseIsNoToken) {
    const std::string good = kKnown;
    for (const std::string& bad :
         {std::string(), std::string("kbp_"), good.substr(0, 52), good + "A", " " + good,
          "KBP_" + good.substr(4), good.substr(4), std::string(53, '\0')}) {
        EXPECT_FALSE(token_hash(bad)) << bad;
        EXPECT_FALSE(is_intact(bad)) << bad;
    }
}

}  // namespace
}  // namespace kimbap::identity
