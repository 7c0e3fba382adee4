// JSON-RPC messages, and the framings that carry them: lines and server-sent events.
#include <string>
#include <vector>

#include "base/json_text.hpp"
#include "fuzz/fuzz.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/legacy/conversation.hpp"
#include "mcp/modern/request.hpp"
#include "mcp/modern/subscription.hpp"
#include "mcp/relay/client_line.hpp"
#include "mcp/relay/sse_parser.hpp"
#include "mcp/transport/line_reader.hpp"

namespace kimbap::fuzz {
namespace {

void check_answer(const std::string& answer, const std::string& id) {
    const auto parsed = parse_json(answer);
    require(parsed && parsed->is_object(), "an answer is a JSON object");
    require(answer.find('\n') == std::string::npos, "an answer is one line");
    const auto* echoed = parsed->get_object().if_contains("id");
    require(echoed != nullptr && mcp::id_text(*echoed) == id, "an answer echoes the id");
}

void read_message(std::string_view text) {
    auto value = parse_json(text);
    if (!value) return;
    const bool modern = mcp::modern::has_modern_meta(*value);
    auto message = mcp::read_message(std::move(*value));
    using Kind = mcp::Message::Kind;
    require(message.kind != Kind::invalid || message.error, "what is invalid says why");
    if (message.kind != Kind::request) return;
    require(!message.id.empty(), "a request has an id");
    check_answer(mcp::error_response(message.id, {-1, message.method, {}}), message.id);
    static_cast<void>(mcp::legacy::negotiate(message.params));
    static_cast<void>(mcp::modern::read_filter(message.params, 4));
    const std::string method = message.method;
    const mcp::modern::HeaderLookup headers =
        [&](std::string_view name) -> std::optional<std::string_view> {
        return name == "Mcp-Method" ? std::string_view(method) : "2026-07-28";
    };
    const auto opened = mcp::modern::open_request(std::move(message), headers);
    require(modern || std::holds_alternative<mcp::modern::Rejection>(opened),
            "a request without modern metadata is not opened as one");
}

std::vector<std::string> lines_of(std::string_view text, std::size_t step) {
    mcp::LineReader reader(64);
    std::vector<std::string> out;
    const auto keep = [&](std::vector<mcp::LineReader::Line> lines) {
        for (auto& line : lines) out.push_back(line.too_long ? "(too long)" : line.text);
    };
    for (std::size_t at = 0; at < text.size(); at += step) keep(reader.feed(text.substr(at, step)));
    keep(reader.finish());
    return out;
}

std::vector<std::string> events_of(std::string_view text, std::size_t step) {
    mcp::relay::SseParser parser(256);
    std::vector<std::string> out;
    const auto keep = [&](std::string data) { out.push_back(std::move(data)); };
    for (std::size_t at = 0; at < text.size(); at += step) {
        if (!parser.feed(text.substr(at, step), keep)) break;
    }
    out.push_back(parser.last_event_id());
    return out;
}

}  // namespace
}  // namespace kimbap::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kimbap::fuzz;
    const auto text = text_of(data, size);
    read_message(text);
    static_cast<void>(kimbap::mcp::relay::read_client_line(std::string(text)));
    const std::size_t whole = text.size() + 1;
    require(lines_of(text, 1) == lines_of(text, whole), "lines don't depend on how they arrive");
    require(events_of(text, 1) == events_of(text, whole), "events don't depend on how they arrive");
    return 0;
}
