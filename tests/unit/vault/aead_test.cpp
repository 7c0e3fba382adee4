#include "vault/aead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/encoding.hpp"

namespace kimbap::vault {
namespace {

template <class Array>
Array array_of(std::string_view hex) {
    Array out{};
    const std::string bytes = hex_decode(hex).value();
    EXPECT_EQ(bytes.size(), out.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}
using Key = std::array<std::uint8_t, 32>;

struct Vector {
    std::string key, nonce, plain, associated_data, ciphertext, tag;
};

// The AES-256 cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", which
// NIST took over with SP 800-38D.
const std::vector<Vector> kVectors{
    {std::string(64, '0'), std::string(24, '0'), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {std::string(64, '0'), std::string(24, '0'), std::string(32, '0'), "",
     "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, KnownAnswers) {
    for (const Vector& vector : kVectors) {
        const auto key = array_of<Key>(vector.key);
        const auto nonce = array_of<Nonce>(vector.nonce);
        const auto tag = array_of<Tag>(vector.tag);
        const std::string plain = *hex_decode(vector.plain);
        const std::string bound = *hex_decode(vector.associated_data);
        const auto sealed = detail::encrypt_with_nonce(key, nonce, plain, bound);
        ASSERT_TRUE(sealed);
        EXPECT_EQ(hex_encode(sealed->ciphertext), vector.ciphertext);
        EXPECT_EQ(sealed->tag, tag);
        const auto opened = decrypt(key, nonce, *hex_decode(vector.ciphertext), tag, bound);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->reveal(), plain);
    }
}

TEST(Aead, EveryBitOfEveryInputCounts) {
    Key key{};
    key[5] = 7;
    const std::string bound = "name 1";
    const Sealed sealed = encrypt(key, "top secret", bound).value();
    ASSERT_TRUE(decrypt(key, sealed.nonce, sealed.ciphertext, sealed.tag, bound));

    const auto refused = [&](const Key& k, const Nonce& n, const std::string& c, const Tag& t,
                             const std::string& b) {
        const auto opened = decrypt(k, n, c, t, b);
        return !opened && opened.error().code == Errc::corrupt;
    };
    const auto flip_all = [](auto bytes, const auto& check) {
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            auto flipped = bytes;
            flipped[bit / 8] = static_cast<typename decltype(bytes)::value_type>(
                static_cast<unsigned char>(flipped[bit / 8]) ^ (1U << (bit % 8)));
            EXPECT_TRUE(check(flipped)) << "bit " << bit;
        }
    };
    const auto& [nonce, text, tag] = sealed;
    flip_all(key, [&](const Key& k) { return refused(k, nonce, text, tag, bound); });
    flip_all(nonce, [&](const Nonce& n) { return refused(key, n, text, tag, bound); });
    flip_all(text, [&](const std::string& c) { return refused(key, nonce, c, tag, bound); });
    flip_all(tag, [&](const Tag& t) { return refused(key, nonce, text, t, bound); });
    flip_all(bound, [&](const std::string& b) { return refused(key, nonce, text, tag, b); });
    EXPECT_TRUE(refused(key, nonce, text + "x", tag, bound));
    EXPECT_TRUE(refused(key, nonce, text.substr(1), tag, bound));
    EXPECT_TRUE(refused(key, nonce, text, tag, ""));
}

TEST(Aead, NoncesAreFresh) {
    const Key key{};
    std::set<Nonce> nonces;
    for (int i = 0; i < 1000; ++i) nonces.insert(encrypt(key, "x", "")->nonce);
    EXPECT_EQ(nonces.size(), 1000U);
}

}  // namespace
}  // namespace kimbap::vault
