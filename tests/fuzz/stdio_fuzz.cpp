// What a client writes to standard input, in both eras at once, and what it is answered.
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/json_text.hpp"
#include "fuzz/fuzz.hpp"
#include "mcp/server_core.hpp"
#include "mcp/transport/stdio_peer.hpp"
#include "unit/mcp/support/http_harness.hpp"

namespace kimbap::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kInitialize =
    R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26",)"
    R"("capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
    "\n";

void feed(mcp::StdioPeer& peer, mcp::LineReader& lines, std::string_view text) {
    for (auto& line : lines.feed(text)) peer.receive(std::move(line));
}

void check_output(mcp::test::HttpHarness& harness, mcp::Outbox& outbox) {
    const auto reader = outbox.attach(harness.context.get_executor());
    bool read = false;
    asio::co_spawn(
        harness.context,
        [&]() -> Task<void> {
            auto reading = reader->read(0ms);
            const auto batch = co_await std::move(reading);
            for (const auto& event : batch.events) {
                const auto message = parse_json(*event.text);
                require(message && message->is_object(), "every line written is a JSON object");
                require(event.text->find('\n') == std::string::npos, "and one line");
            }
            read = true;
        },
        [](std::exception_ptr failure) { require(!failure, "reading never throws"); });
    require(harness.run_until([&] { return read; }), "what was written can be read");
}

void run(std::string_view text) {
    mcp::test::HttpHarness harness;
    const auto core = harness.server.core();
    auto outbox = std::make_shared<mcp::Outbox>(core->stream_bounds(0));
    const auto peer =
        std::make_shared<mcp::StdioPeer>(core, std::make_shared<const mcp::Principal>("local"),
                                         outbox, harness.context.get_executor());
    mcp::LineReader lines(core->options.limits.max_line_bytes);
    // A first byte that no message begins with leaves the legacy session closed.
    if (!text.starts_with('!')) feed(*peer, lines, kInitialize);
    feed(*peer, lines, text);
    for (auto& line : lines.finish()) peer->receive(std::move(line));
    harness.settle();
    harness.tools.release();
    harness.server.cancel_all();
    peer->cancel_all();
    bool drained = false;
    asio::co_spawn(harness.context, peer->drain(), [&](std::exception_ptr failure) {
        require(!failure, "draining never throws");
        drained = true;
    });
    require(harness.run_until([&] { return drained; }), "a peer whose calls were cancelled ends");
    check_output(harness, *outbox);
}

}  // namespace
}  // namespace kimbap::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    kimbap::fuzz::run(kimbap::fuzz::text_of(data, size));
    return 0;
}
