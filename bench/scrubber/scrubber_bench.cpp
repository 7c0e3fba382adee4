#include <benchmark/benchmark.h>

#include <string>

#include "scrub/scrubber.hpp"

/// What scrubbing costs a call: the forms of its credential are made, and its answer is looked
/// through twice, as it came and as it goes out. For a figure that a busy machine doesn't blur,
/// count instructions: valgrind --tool=callgrind scrubber_bench --benchmark_filter=… (see run).
namespace {

using kimbap::scrub::Scrubber;
using kimbap::scrub::StreamScrubber;

constexpr std::string_view kSecret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

/// An API's JSON of about `size` bytes; every tenth string has escapes.
std::string answer(std::size_t size) {
    std::string text = "[";
    for (int i = 0; text.size() < size; ++i) {
        text += R"({"id":)" + std::to_string(1000 + i) +
                R"(,"title":"Ticket about something that does not work","state":"open","url":)" +
                (i % 10 == 0 ? R"("https:\/\/example.com\/tickets\/1?q=a%20b")"
                             : R"("https://example.com/tickets/1")") +
                R"(,"labels":["bug","help wanted"],"updated_at":"2026-01-02T03:04:05Z"},)";
    }
    text.back() = ']';
    return text;
}

void call(benchmark::State& state) {
    const std::string body = answer(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const Scrubber scrubber(kSecret);
        std::string copy = body;
        benchmark::DoNotOptimize(scrubber.scrub(copy));
        benchmark::DoNotOptimize(scrubber.finds(copy));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()) * 2);
}
BENCHMARK(call)->Arg(300)->Arg(1000)->Arg(10'000)->Arg(100'000);

void stream(benchmark::State& state) {
    const std::string body = answer(10'000);
    const Scrubber scrubber(kSecret);
    for (auto _ : state) {
        StreamScrubber pieces(scrubber);
        std::size_t size = 0;
        for (std::size_t at = 0; at < body.size(); at += 100) {
            size += pieces.feed(std::string_view(body).substr(at, 100)).size();
        }
        benchmark::DoNotOptimize(size + pieces.finish().size());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(stream);

}  // namespace

BENCHMARK_MAIN();
