#include "audit/checkpoint.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/ed25519.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "unit/audit/seed_signer.hpp"

namespace kimbap::audit {
namespace {

Checkpoint sample(char seed = 'k') {
    test::SeedSigner signer(seed);
    store::AuditHead head{"chn_1", 42, {}};
    head.hash.fill(0xAB);
    return make_checkpoint(head, from_unix_micros(1'795'435'200'000'000), signer).value();
}

const std::string kTrusted = ed25519_public_key(std::string(kEd25519KeySize, 'k')).value();

TEST(CheckpointTest, SurvivesItsJsonForm) {
    const std::string text = kimbap::to_json(to_json(sample()));
    const auto read = parse_checkpoint(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->chain, "chn_1");
    EXPECT_EQ(read->seq, 42);
    EXPECT_EQ(read->hash, hex_encode(std::string(32, '\xAB')));
    EXPECT_EQ(read->time, "2026-11-23T12:00:00.000000Z");
    EXPECT_TRUE(check_signature(*read, kTrusted));
}

TEST(CheckpointTest, AnyChangedMemberBreaksTheSignature) {
    const std::vector<std::function<void(Checkpoint&)>> changes{
        [](Checkpoint& c) { c.chain = "chn_2"; },
        [](Checkpoint& c) { c.seq = 41; },
        [](Checkpoint& c) { c.hash[0] = 'c'; },
        [](Checkpoint& c) { c.time = "2026-11-23T12:00:01.000000Z"; },
        [](Checkpoint& c) { c.signature = base64_encode(std::string(64, '\0')); },
        [](Checkpoint& c) { c.signature = "?"; },
        [](Checkpoint& c) { c.public_key = sample('x').public_key; },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        Checkpoint changed = sample();
        changes[i](changed);
        const auto checked = check_signature(changed, kTrusted);
        ASSERT_FALSE(checked) << i;
        EXPECT_EQ(checked.error().code, Errc::corrupt);
    }
}

TEST(CheckpointTest, AnotherKeysCheckpointProvesNothing) {
    const auto checked = check_signature(sample('x'), kTrusted);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find("another key"), std::string::npos);
}

TEST(CheckpointTest, WhatIsNoCheckpointIsSaidToBeNone) {
    for (const char* text : {"", "[]", "{}", R"({"chain":"c","seq":"1"})"}) {
        const auto read = parse_checkpoint(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::invalid_argument);
        EXPECT_NE(read.error().message.find("kimbap audit checkpoint"), std::string::npos);
    }
}

}  // namespace
}  // namespace kimbap::audit
