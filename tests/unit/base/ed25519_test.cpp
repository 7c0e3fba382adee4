#include "base/ed25519.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace kimbap {
namespace {

struct Vector {
    const char* name;
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};

// RFC 8032 section 7.1.
constexpr Vector kVectors[] = {
    {"Test1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"Test3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

class Ed25519Test : public ::testing::TestWithParam<Vector> {
protected:
    static std::string bytes(const char* hex) { return *hex_decode(hex); }
    std::string seed = bytes(GetParam().seed);
    std::string public_key = bytes(GetParam().public_key);
    std::string message = bytes(GetParam().message);
    std::string signature = bytes(GetParam().signature);
};

TEST_P(Ed25519Test, AgreesWithTheRfc) {
    EXPECT_EQ(*ed25519_public_key(seed), public_key);
    EXPECT_EQ(*ed25519_sign(seed, message), signature);
    EXPECT_TRUE(ed25519_verify(public_key, message, signature));
}

TEST_P(Ed25519Test, AnyChangeIsRefused) {
    EXPECT_FALSE(ed25519_verify(public_key, message + "x", signature));
    std::string other = signature;
    other[5] = static_cast<char>(other[5] ^ 1);
    EXPECT_FALSE(ed25519_verify(public_key, message, other));
    other = public_key;
    other[5] = static_cast<char>(other[5] ^ 1);
    EXPECT_FALSE(ed25519_verify(other, message, signature));
}

TEST_P(Ed25519Test, WrongSizesAreErrors) {
    EXPECT_EQ(ed25519_public_key(seed.substr(1)).error().code, Errc::invalid_argument);
    EXPECT_EQ(ed25519_sign("", message).error().code, Errc::invalid_argument);
    EXPECT_FALSE(ed25519_verify("", message, signature));
    EXPECT_FALSE(ed25519_verify(public_key, message, signature.substr(1)));
}

INSTANTIATE_TEST_SUITE_P(Rfc8032, Ed25519Test, ::testing::ValuesIn(kVectors),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kimbap
