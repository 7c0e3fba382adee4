#include "pipeline/stream.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::pipeline {
namespace {

/// What is left of `text`, fed in pieces of `size` bytes: the events' values, or what came in their
/// place.
std::string read(manifests::StreamType type, std::string_view text, std::size_t size = 1) {
    const scrub::Scrubber scrubber;
    StreamReader reader(type, scrubber, nullptr);
    for (std::size_t at = 0; at < text.size(); at += size) reader.feed(text.substr(at, size));
    reader.finish();
    const std::string other = reader.take_other();
    if (!other.empty()) return "other: " + other;
    return reader.all_json() ? to_json(boost::json::value(reader.take_values()))
                             : "text: " + reader.take_text();
}

TEST(StreamReader, TakesEventsApart) {
    using enum manifests::StreamType;
    const struct {
        manifests::StreamType type;
        const char* text;
        const char* read;
    } rows[] = {
        {sse, "data: 1\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\n", R"([1,{"a":2}])"},
        {sse, ": hi\r\nevent: x\r\ndata: [1,\r\ndata: 2]\r\n\r\n", "[[1,2]]"},
        {sse, "data: 1\n\ndata: two", "text: 1\ntwo"},
        {sse, "data: [DONE]\n\n", "[]"},
        {sse, "", "[]"},
        {sse, "data: 1\r\rdata: [2,\r: hi\rdata: 3]\r\r", "[1,[2,3]]"},
        {sse, "data: 1\r\n\r\ndata: [2,\rdata: 3]\n\r\ndata: 4\r\r\ndata: 5\r\n", "[1,[2,3],4,5]"},
        {sse,
         "\xEF\xBB\xBF"
         "data: 1\n\n\xEF\xBB\xBF"
         "data: 2\n\ndata: 3\n\n",
         "[1,3]"},
        {sse,
         "\xEF\xBB\xBF\xEF\xBB\xBF"
         "data: 1\n\ndata: 2\n\n",
         "[2]"},
        {sse, "database: 1\n\ndata\n\ndata:\n\ndata: 2\n\n", "[2]"},
        {ndjson, "1\n\n2", "[1,2]"},
        {ndjson, "\xEF\xBB\xBF{\"a\":\r1}\r\n \r\n2\r\n", R"([{"a":1},2])"},
    };
    for (const auto& row : rows) {
        for (const std::size_t size : {1, 2, 3, 5, 100}) {
            EXPECT_EQ(read(row.type, row.text, size), row.read) << row.text << " by " << size;
        }
    }
}

/// Told what events there are.
class Listener final : public Observer {
public:
    void progress(double, std::optional<double>, std::string_view message) override {
        heard.emplace_back(message);
    }
    std::vector<std::string> heard;
};

TEST(StreamReader, AnEventDoesNotWaitForTheSecondHalfOfItsLineEnd) {
    const scrub::Scrubber scrubber;
    Listener listener;
    StreamReader reader(manifests::StreamType::sse, scrubber, &listener);
    reader.feed("data: 1\r\n\r");
    EXPECT_EQ(listener.heard, std::vector<std::string>{"1"});
    reader.feed("\ndata: 2\r");
    EXPECT_EQ(listener.heard.size(), 1U);
    reader.feed("\r");
    EXPECT_EQ(listener.heard, (std::vector<std::string>{"1", "2"}));
}

TEST(StreamReader, ALongEventIsToldWithoutHalfACharacter) {
    const scrub::Scrubber scrubber;
    Listener listener;
    StreamReader reader(manifests::StreamType::sse, scrubber, &listener);
    std::string text;
    while (text.size() < 10'000) text += "€";
    reader.feed("data: " + text + "\n\n");
    ASSERT_EQ(listener.heard.size(), 1U);
    EXPECT_LT(listener.heard[0].size(), text.size());
    EXPECT_TRUE(text.starts_with(listener.heard[0]));
}

TEST(StreamReader, SaysWhichEventIsNotJson) {
    const scrub::Scrubber scrubber;
    StreamReader reader(manifests::StreamType::sse, scrubber, nullptr);
    reader.feed("data: 1\n\ndata: two\n\ndata: three\n\n");
    EXPECT_TRUE(reader.fault().starts_with("event 2: ")) << reader.fault();
}

TEST(StreamReader, KeepsWhatComesInsteadOfEvents) {
    EXPECT_EQ(read(manifests::StreamType::sse, "{\"error\":\n\"x\"}"),
              "other: {\"error\":\n\"x\"}");
    EXPECT_EQ(read(manifests::StreamType::sse, "<html>\n"), "other: <html>\n");
}

}  // namespace
}  // namespace kimbap::pipeline
