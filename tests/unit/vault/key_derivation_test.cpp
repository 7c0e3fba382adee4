#include "vault/key_derivation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.hpp"

namespace kimbap::vault {
namespace {

using namespace std::string_literals;

struct Vector {
    std::string secret;
    std::string salt;
    std::int64_t iterations;
    std::string key;
};

TEST(DeriveKey, KnownAnswers) {
    const std::vector<Vector> vectors{
        // RFC 7914 section 11.
        {"passwd", "salt", 1,
         "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
         "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
        {"Password", "NaCl", 80'000,
         "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
         "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
        // The inputs of RFC 6070, with SHA-256.
        {"password", "salt", 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"},
        {"password", "salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"},
        {"password", "salt", 4096,
         "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"},
        {"passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
         "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9"},
        {"pass\0word"s, "sa\0lt"s, 4096, "89b69d0516f829893c696226650a8687"},
    };
    for (const Vector& vector : vectors) {
        std::string key(vector.key.size() / 2, '\0');
        const auto done = derive_key(vector.secret, vector.salt, vector.iterations,
                                     {reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
        ASSERT_TRUE(done) << done.error().message;
        EXPECT_EQ(hex_encode(key), vector.key) << vector.secret << " x" << vector.iterations;
    }
}

TEST(DeriveKey, RefusesNoIterations) {
    std::array<std::uint8_t, kKeySize> key{};
    EXPECT_EQ(derive_key("s", "salt", 0, key).error().code, Errc::invalid_argument);
    EXPECT_EQ(derive_key("s", "salt", -1, key).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace kimbap::vault
