#include "mcp/relay/client_line.hpp"

#include "base/json_text.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/modern/headers.hpp"
#include "mcp/modern/request.hpp"

namespace kimbap::mcp::relay {
namespace {

constexpr std::string_view kVersion = "io.modelcontextprotocol/protocolVersion";

void read_batch(const json::array& messages, ClientLine& line) {
    line.kind = ClientLine::Kind::batch;
    for (const auto& message : messages) {
        const auto* object = message.if_object();
        const auto* id = object && object->contains("method") ? object->if_contains("id") : nullptr;
        if (id) line.ids.push_back(id_text(*id));
    }
}

void read_modern_headers(const Message& message, ClientLine& line) {
    const auto& version = message.params.at("_meta").at(kVersion);
    if (!version.is_string()) return;  // The server says what is wrong with it.
    line.headers.emplace_back("MCP-Protocol-Version", modern::encode_header(version.get_string()));
    line.headers.emplace_back("Mcp-Method", modern::encode_header(message.method));
    if (auto name = modern::name_header(message.method, message.params)) {
        line.headers.emplace_back("Mcp-Name", std::move(*name));
    }
}

}  // namespace

ClientLine read_client_line(std::string text) {
    ClientLine line{std::move(text)};
    auto value = parse_json(line.text);
    if (!value) {
        line.problem = {code::kParseError, value.error().message, {}};
        return line;
    }
    if (const auto* batch = value->if_array()) {
        if (batch->empty()) {
            line.problem = {code::kInvalidRequest, "A batch holds at least one message", {}};
            return line;
        }
        read_batch(*batch, line);
        return line;
    }
    line.modern = modern::has_modern_meta(*value);
    auto message = read_message(std::move(*value));
    line.method = message.method;
    if (!message.id.empty()) line.ids.push_back(message.id);
    switch (message.kind) {
        case Message::Kind::request:
            line.kind = ClientLine::Kind::request;
            break;
        case Message::Kind::notification:
            line.kind = ClientLine::Kind::notification;
            break;
        case Message::Kind::response:
            line.kind = ClientLine::Kind::response;
            line.ids.clear();
            return line;
        case Message::Kind::invalid:
            if (message.error) line.problem = std::move(*message.error);
            return line;
    }
    if (line.modern) read_modern_headers(message, line);
    if (line.method == "notifications/cancelled") {
        const auto* id = message.params.if_contains("requestId");
        if (id) line.cancels = id_text(*id);
    }
    return line;
}

}  // namespace kimbap::mcp::relay
