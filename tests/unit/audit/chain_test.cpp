#include "audit/chain.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "unit/audit/sample.hpp"

namespace kimbap::audit {
namespace {

TEST(ChainTest, AgreesWithAChainComputedByOtherMeans) {
    const auto lines = test::sample_lines();
    const auto records = test::sample_records();
    ASSERT_EQ(lines.size(), records.size());
    Sha256 prev{};
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::string line = line_of(test::kSampleChain, static_cast<std::int64_t>(i + 1),
                                         body_of(records[i]), prev);
        prev = hash_of(line);
        EXPECT_EQ(exported(line, prev), lines[i]);
    }
}

TEST(ChainTest, LeavesOutWhatDoesNotApply) {
    Record record;
    record.kind = "auth.failed";
    record.time = from_unix_micros(0);
    EXPECT_EQ(body_of(record), R"("time":"1970-01-01T00:00:00.000000Z","kind":"auth.failed")");
}

TEST(ChainTest, BytesThatAreNoUtf8AreReplacedWhereverTheyStand) {
    Record record;
    record.kind = "auth.failed";
    record.time = from_unix_micros(0);
    record.details = {{"path", "/v1/\xff"}, {"cut", "caf\xc3"}};
    record.parameters.emplace(json::object{{"id", "\xff\xfe"}, {"ok", "caf\u00e9"}});
    const std::string line = line_of("chn_1", 1, body_of(record), {});
    ASSERT_TRUE(parse_json(line)) << line;
    EXPECT_NE(line.find("caf\u00e9"), std::string::npos);
    EXPECT_NE(line.find("/v1/\uFFFD"), std::string::npos);
}

TEST(ChainTest, WhateverACallerCallsItselfTheLineIsOneLineOfJson) {
    Record record;
    record.kind = "call.started";
    record.time = from_unix_micros(0);
    record.caller = Caller{"a\xFF\n\"}", "", {"\xC3"}, std::string("\0\x1F\x7F", 3)};
    const std::string line = line_of("chn_1", 1, body_of(record), {});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto value = parse_json(line);
    ASSERT_TRUE(value) << line;
    EXPECT_EQ(value->at_pointer("/caller/agent").as_string(), "a\uFFFD\n\"}");
    EXPECT_TRUE(frame_of(line));
}

TEST(ChainTest, ReadsTheFrameOfALine) {
    const std::string line =
        line_of("chn_1", 42, body_of(test::sample_records()[1]), hash_of("before"));
    const auto frame = frame_of(line);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->chain, "chn_1");
    EXPECT_EQ(frame->seq, 42);
    EXPECT_EQ(frame->time, "2026-11-23T12:00:01.250000Z");
    EXPECT_EQ(frame->prev, hex_encode(bytes_of(hash_of("before"))));
}

TEST(ChainTest, ReadsNoFrameFromAnythingElse) {
    const std::string good = line_of("chn_1", 1, R"("time":"t","kind":"k")", {});
    ASSERT_TRUE(frame_of(good));
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(frame_of(good.substr(0, size))) << size;
    }
    for (const char* bad :
         {"", "{}", R"({"seq":1,"chain":"chn_1"})", R"({"chain":"c","seq":x,"time":"t"})",
          R"({"chain":"c","seq":99999999999999999999,"time":"t"})"}) {
        EXPECT_FALSE(frame_of(bad)) << bad;
    }
}

}  // namespace
}  // namespace kimbap::audit
