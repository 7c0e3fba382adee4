#include "support/mcp_client.hpp"

#include <httplib.h>

#include <stdexcept>

#include "base/json_text.hpp"

namespace kimbap::test {

namespace {

json::object meta(const json::object& capabilities) {
    return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
            {"io.modelcontextprotocol/clientInfo", {{"name", "test"}, {"version", "1"}}},
            {"io.modelcontextprotocol/clientCapabilities", capabilities}};
}

/// The last message of a body that is JSON or an event stream.
json::object last_message(const Reply& reply) {
    std::string text = reply.body;
    if (reply.header("Content-Type").starts_with("text/event-stream")) {
        const std::size_t at = text.rfind("data: {");
        if (at == std::string::npos) throw std::runtime_error("an empty stream: " + text);
        text = text.substr(at + 6, text.find('\n', at) - at - 6);
    }
    auto value = parse_json(text);
    if (!value)
        throw std::runtime_error("not JSON, status " + std::to_string(reply.status) + ": " + text);
    return value->as_object();
}

json::object result_of(json::object message) {
    json::value* result = message.if_contains("result");
    if (result == nullptr) throw std::runtime_error("no result: " + to_json(message));
    return std::move(result->as_object());
}

}  // namespace

std::string Reply::header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
        if (::strcasecmp(key.c_str(), name.c_str()) == 0) return value;
    }
    return "";
}

Reply http(const std::string& url, const std::string& method, const std::string& target,
           const std::map<std::string, std::string>& headers, const std::string& body,
           int seconds) {
    httplib::Client client(url);
    client.set_read_timeout(seconds, 0);
    httplib::Request request;
    request.method = method;
    request.path = target;
    request.body = body;
    for (const auto& [name, value] : headers) request.set_header(name, value);
    const auto result = client.send(request);
    if (!result) return {};
    return {result->status, result->body, {result->headers.begin(), result->headers.end()}};
}

Reply OperatorClient::get(const std::string& target) const {
    return http(url_, "GET", target, {{"Authorization", "Bearer " + token_}});
}

Reply OperatorClient::post(const std::string& target, const json::object& body) const {
    return http(url_, "POST", target,
                {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}},
                to_json(body));
}

Reply McpClient::request(const std::string& method, json::object params) const {
    std::map<std::string, std::string> headers{{"Authorization", "Bearer " + token_},
                                               {"Content-Type", "application/json"},
                                               {"Accept", "application/json, text/event-stream"},
                                               {"MCP-Protocol-Version", "2026-07-28"},
                                               {"Mcp-Method", method}};
    for (const char* source : {"name", "uri", "taskId"}) {
        const json::value* name = params.if_contains(source);
        if (name != nullptr) headers["Mcp-Name"] = name->as_string().c_str();
    }
    params["_meta"] = meta(capabilities_);
    const json::object body{
        {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}};
    return http(url_, "POST", "/mcp", headers, to_json(body));
}

json::object McpClient::message(const std::string& method, json::object params) const {
    return last_message(request(method, std::move(params)));
}

json::object McpClient::call(const std::string& tool, json::object arguments) const {
    return result_of(message("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}));
}

json::object task_capabilities() {
    return {{"extensions", {{"io.modelcontextprotocol/tasks", json::object()}}}};
}

StdioClient::StdioClient(std::unique_ptr<Program> program, const std::string& revision,
                         json::object capabilities, Answer answer)
    : program_(std::move(program)), answer_(std::move(answer)) {
    agreement_ =
        result_of(request("initialize", {{"protocolVersion", revision},
                                         {"capabilities", std::move(capabilities)},
                                         {"clientInfo", {{"name", "test"}, {"version", "1"}}}}));
    program_->write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
}

json::object StdioClient::request(const std::string& method, json::object params) {
    const int id = ++next_;
    const json::object body{
        {"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
    program_->write(to_json(body) + "\n");
    while (const auto line = program_->read_line()) {
        json::object message = parse_json(*line).value().as_object();
        const json::value* answers = message.if_contains("id");
        const bool asks = message.contains("method");
        if (answers != nullptr && *answers == id && !asks) return message;
        if (answers == nullptr || !asks || !answer_) continue;
        const json::object reply{
            {"jsonrpc", "2.0"}, {"id", *answers}, {"result", answer_(message)}};
        program_->write(to_json(reply) + "\n");
    }
    throw std::runtime_error("kimbap mcp ended: " + program_->errors());
}

json::object StdioClient::call(const std::string& tool, json::object arguments) {
    return result_of(request("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}));
}

std::string text_of(const json::object& result) {
    return result.at("content").as_array().at(0).as_object().at("text").as_string().c_str();
}

bool is_error(const json::object& result) {
    const json::value* error = result.if_contains("isError");
    return error != nullptr && error->as_bool();
}

std::string meta_of(const json::object& result, const std::string& key) {
    const json::value* meta = result.if_contains("_meta");
    const json::value* value = meta == nullptr ? nullptr : meta->as_object().if_contains(key);
    return value == nullptr ? "" : value->as_string().c_str();
}

}  // namespace kimbap::test
