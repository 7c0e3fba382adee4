#include "base/digest.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace kimbap {
namespace {

TEST(Digest, Sha256KnownAnswers) {  // FIPS 180-4 examples
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, HmacSha256KnownAnswers) {  // RFC 4231 test cases 1 and 2
    const auto hex = [](std::string_view key, std::string_view message) {
        const Sha256 mac = hmac_sha256(key, message);
        return hex_encode(bytes_of(mac));
    };
    EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace kimbap
