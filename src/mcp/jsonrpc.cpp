#include "mcp/jsonrpc.hpp"

#include <cmath>
#include <utility>

#include "base/json_text.hpp"

namespace kimbap::mcp {
namespace {

/// Identifiers and method names longer than this are refused: they are echoed and kept.
constexpr std::size_t kMaxIdBytes = 1024;
constexpr std::size_t kMaxMethodBytes = 256;
/// Integers beyond it don't survive a peer that reads numbers as doubles.
constexpr double kMaxSafeInteger = 9007199254740991.0;

Message invalid(std::string id, int code, std::string why) {
    Message message;
    message.id = std::move(id);
    message.error = ProtocolError{code, std::move(why), {}};
    return message;
}

Message read_response(Message message, json::object& object) {
    auto* result = object.if_contains("result");
    auto* error = object.if_contains("error");
    if (message.id.empty()) {
        return invalid("", code::kInvalidRequest, "a response must carry the id of its request");
    }
    if (result && error) {
        return invalid("", code::kInvalidRequest,
                       "a response holds a result or an error, not both");
    }
    message.kind = Message::Kind::response;
    if (result) {
        message.result = std::move(*result);
        return message;
    }
    if (!error->is_object()) {
        return invalid("", code::kInvalidRequest, "a response's error must be an object");
    }
    const auto& members = error->get_object();
    ProtocolError read;
    if (const auto* code = members.if_contains("code"); code && code->is_int64()) {
        read.code = static_cast<int>(code->get_int64());
    }
    if (const auto* text = members.if_contains("message"); text && text->is_string()) {
        read.message = text->get_string();
    }
    message.error = std::move(read);
    return message;
}

}  // namespace

std::string id_text(const json::value& id) {
    if (id.is_string()) {
        if (id.get_string().size() > kMaxIdBytes) return {};
        std::string text;
        append_json_string(text, id.get_string());
        return text;
    }
    if (id.is_int64()) return std::to_string(id.get_int64());
    if (id.is_uint64()) return std::to_string(id.get_uint64());
    if (id.is_double()) {
        const double number = id.get_double();
        if (std::floor(number) == number && std::abs(number) <= kMaxSafeInteger) {
            return std::to_string(static_cast<std::int64_t>(number));
        }
    }
    return {};
}

Message read_message(json::value&& value) {
    if (!value.is_object()) {
        return invalid("", code::kInvalidRequest, "a message must be a JSON object");
    }
    auto& object = value.get_object();
    Message message;
    const auto* id = object.if_contains("id");
    if (id) message.id = id_text(*id);

    const auto* version = object.if_contains("jsonrpc");
    if (!version || !version->is_string() || version->get_string() != "2.0") {
        return invalid(std::move(message.id), code::kInvalidRequest, "\"jsonrpc\" must be \"2.0\"");
    }
    auto* method = object.if_contains("method");
    if (!method) {
        if (object.contains("result") || object.contains("error")) {
            return read_response(std::move(message), object);
        }
        return invalid(std::move(message.id), code::kInvalidRequest,
                       "a message needs a method, a result or an error");
    }
    if (!method->is_string() || method->get_string().empty() ||
        method->get_string().size() > kMaxMethodBytes) {
        return invalid(std::move(message.id), code::kInvalidRequest,
                       "\"method\" must be a non-empty string");
    }
    if (id && message.id.empty()) {
        return invalid("", code::kInvalidRequest,
                       "\"id\" must be a string or an integer (leave it out for a notification)");
    }
    if (object.contains("result") || object.contains("error")) {
        return invalid(std::move(message.id), code::kInvalidRequest,
                       "a request holds neither a result nor an error");
    }
    message.method = method->get_string();
    if (auto* params = object.if_contains("params"); params && !params->is_null()) {
        if (!params->is_object()) {
            return invalid(std::move(message.id), code::kInvalidParams,
                           "\"params\" must be an object");
        }
        message.params = std::move(params->get_object());
    }
    message.kind = id ? Message::Kind::request : Message::Kind::notification;
    return message;
}

void begin_response(std::string& out, std::string_view id) {
    out += R"({"jsonrpc":"2.0","id":)";
    out += id;
    out += R"(,"result":)";
}

std::string error_response(std::string_view id, const ProtocolError& error, bool null_id) {
    std::string out = R"({"jsonrpc":"2.0",)";
    if (!id.empty() || null_id) {
        out += R"("id":)";
        out += id.empty() ? std::string_view("null") : id;
        out += ',';
    }
    out += R"("error":{"code":)";
    out += std::to_string(error.code);
    out += R"(,"message":)";
    append_json_string(out, error.message);
    if (error.data) {
        out += R"(,"data":)";
        append_json(out, *error.data);
    }
    out += "}}";
    return out;
}

std::string notification(std::string_view method, std::string_view params) {
    std::string out = R"({"jsonrpc":"2.0","method":)";
    append_json_string(out, method);
    if (!params.empty()) {
        out += R"(,"params":)";
        out += params;
    }
    out += '}';
    return out;
}

std::string request_text(std::string_view id, std::string_view method, const json::object& params) {
    std::string out = R"({"jsonrpc":"2.0","id":)";
    out += id;
    out += R"(,"method":)";
    append_json_string(out, method);
    if (!params.empty()) {
        out += R"(,"params":)";
        append_json(out, params);
    }
    out += '}';
    return out;
}

}  // namespace kimbap::mcp
