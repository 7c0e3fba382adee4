#include "pipeline/stream.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"

namespace kimbap::pipeline {
namespace {

/// What is left of `text`, fed byte by byte: the events' values, or what came in their place.
std::string read(manifests::StreamType type, std::string_view text) {
    const scrub::Scrubber scrubber;
    StreamReader reader(type, scrubber, nullptr);
    for (const char& c : text) reader.feed({&c, 1});
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
        {ndjson, "1\n\n2", "[1,2]"},
    };
    for (const auto& row : rows) EXPECT_EQ(read(row.type, row.text), row.read) << row.text;
}

TEST(StreamReader, KeepsWhatComesInsteadOfEvents) {
    EXPECT_EQ(read(manifests::StreamType::sse, "{\"error\":\n\"x\"}"),
              "other: {\"error\":\n\"x\"}");
    EXPECT_EQ(read(manifests::StreamType::sse, "<html>\n"), "other: <html>\n");
}

}  // namespace
}  // namespace kimbap::pipeline
