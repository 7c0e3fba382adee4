#include <array>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/json_text.hpp"
#include "base/secret.hpp"
#include "conformance/fixture.hpp"

/// Tools that need something of the client. The same code serves clients that answer a request from
/// the server and clients that retry with the answers.
namespace kimbap::mcp::conformance {
namespace {

constexpr const char* kNoArguments = R"({"type":"object","properties":{}})";
constexpr const char* kSampling =
    R"({"messages":[{"role":"user","content":{"type":"text","text":"What is the capital of France?"}}],"maxTokens":100})";

constexpr const char* kDefaults =
    R"({"message":"Please check these defaults","requestedSchema":{"type":"object","properties":{"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},"verified":{"type":"boolean","default":true}},"required":[]}})";

constexpr const char* kEnums =
    R"({"message":"Please choose","requestedSchema":{"type":"object","properties":{"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},"required":[]}})";

/// State that the client carries can't be made up or changed by it.
class StateSeal {
public:
    [[nodiscard]] std::string seal(std::string_view text) const {
        return base64url_encode(text) + "." + tag(text);
    }
    [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const {
        const auto dot = sealed.find('.');
        if (dot == std::string_view::npos) return std::nullopt;
        auto text = base64url_decode(sealed.substr(0, dot));
        if (!text || !constant_time_equal(tag(*text), sealed.substr(dot + 1))) return std::nullopt;
        return text;
    }

private:
    [[nodiscard]] std::string tag(std::string_view text) const {
        return hex_encode(bytes_of(hmac_sha256(key_, text)));
    }
    std::string key_ = random_bytes(32);
};

using Requests = std::vector<InputRequired::Request>;

InputRequired wanted(Requests requests, std::string state = {}) {
    InputRequired answer;
    answer.requests = std::move(requests);
    answer.state = std::move(state);
    return answer;
}

/// Asks until every request of `requests` is answered, then says what was.
Task<ToolOutcome> ask_once(Requests requests, ToolCall call) {
    for (const auto& request : requests) {
        if (!call.inputs.responses.contains(request.key)) co_return wanted(std::move(requests));
    }
    std::string text = "Answers:";
    for (const auto& request : requests) text += " " + to_json(call.inputs.responses[request.key]);
    co_return text_result(std::move(text));
}

Requests one(InputRequired::Request request) {
    Requests requests;
    requests.push_back(std::move(request));
    return requests;
}

Requests every_kind() {
    auto requests = one(form("user_name", "What is your name?", "name"));
    requests.push_back(input("capital", "sampling/createMessage", kSampling));
    requests.push_back(input("roots", "roots/list", "{}"));
    return requests;
}

/// Like ask_once, with sealed state that must come back.
Task<ToolOutcome> ask_with_state(const StateSeal& seal, Requests requests, ToolCall call) {
    if (!call.inputs.state) co_return wanted(std::move(requests), seal.seal("asked"));
    if (seal.open(*call.inputs.state) != "asked") co_return invalid_params("Invalid requestState");
    for (const auto& request : requests) {
        if (!call.inputs.responses.contains(request.key)) {
            co_return wanted(std::move(requests), seal.seal("asked"));
        }
    }
    co_return text_result("state-ok");
}

Task<ToolOutcome> ask_twice(const StateSeal& seal, ToolCall call) {
    if (!call.inputs.state) {
        co_return wanted(one(form("step1", "Step 1: what is your name?", "name")),
                         seal.seal("one"));
    }
    const auto state = seal.open(*call.inputs.state);
    if (state == "one") {
        co_return wanted(one(form("step2", "Step 2: which colour?", "color")), seal.seal("two"));
    }
    if (state != "two") co_return invalid_params("Invalid requestState");
    co_return text_result("Both rounds are done");
}

/// Asks only for what the client declared.
Task<ToolOutcome> ask_what_is_declared(const RequestContext& context, ToolCall call) {
    Requests requests;
    for (auto& request : every_kind()) {
        const auto capability = request.method.substr(0, request.method.find('/'));
        if (context.client_supports(capability)) requests.push_back(std::move(request));
    }
    if (requests.empty()) return ask_once({}, std::move(call));
    return ask_once(std::move(requests), std::move(call));
}

}  // namespace

void add_input_tools(ToolTable& table) {
    const auto asks = [&](const char* name, const char* description, auto make) {
        table[name] = {description, kNoArguments, [make](RequestContext&, ToolCall call) {
                           return ask_once(make(), std::move(call));
                       }};
    };
    const auto elicits = [] { return one(form("user_name", "What is your name?", "name")); };
    const auto samples = [] { return one(input("capital", "sampling/createMessage", kSampling)); };
    asks("test_input_required_result_elicitation", "Asks for a name", elicits);
    asks("test_input_required_result_sampling", "Asks the model", samples);
    asks("test_input_required_result_list_roots", "Asks for roots",
         [] { return one(input("roots", "roots/list", "{}")); });
    asks("test_streaming_elicitation", "Asks for a name", elicits);
    asks("test_elicitation_sep1034_defaults", "Asks with defaults",
         [] { return one(input("form", "elicitation/create", kDefaults)); });
    asks("test_elicitation_sep1330_enums", "Asks with every form of enumeration",
         [] { return one(input("form", "elicitation/create", kEnums)); });

    const auto seal = std::make_shared<const StateSeal>();
    const auto stateful = [&](const char* name, auto make) {
        table[name] = {"Asks, carrying state", kNoArguments,
                       [make, seal](RequestContext&, ToolCall call) {
                           return ask_with_state(*seal, make(), std::move(call));
                       }};
    };
    stateful("test_input_required_result_request_state", elicits);
    stateful("test_input_required_result_tampered_state", elicits);
    stateful("test_input_required_result_multiple_inputs", every_kind);
    table["test_input_required_result_multi_round"] = {
        "Asks twice", kNoArguments,
        [seal](RequestContext&, ToolCall call) { return ask_twice(*seal, std::move(call)); }};
    table["test_input_required_result_capabilities"] = {
        "Asks for what the client can do", kNoArguments,
        [](RequestContext& context, ToolCall call) {
            return ask_what_is_declared(context, std::move(call));
        }};
}

void add_era_tools(ToolTable& table, const Signals& signals) {
    table["test_sampling"] = {
        "Asks the client's model",
        R"({"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]})",
        [](RequestContext&, ToolCall call) {
            auto request = input("sample", "sampling/createMessage", kSampling);
            std::string text = argument(call.arguments, "prompt");
            request.params["messages"].at(0).at("content").at("text") = text;
            return ask_once(one(std::move(request)), std::move(call));
        }};
    table["test_elicitation"] = {
        "Asks the user",
        R"({"type":"object","properties":{"message":{"type":"string"}},"required":["message"]})",
        [](RequestContext&, ToolCall call) {
            auto request = input(
                "user", "elicitation/create",
                R"({"message":"","requestedSchema":{"type":"object","properties":{"username":{"type":"string","description":"Your name"},"email":{"type":"string","description":"Your address"}},"required":["username","email"]}})");
            request.params["message"] = argument(call.arguments, "message");
            return ask_once(one(std::move(request)), std::move(call));
        }};
    table["test_missing_capability"] = {
        "Needs sampling", kNoArguments, [](RequestContext& context, ToolCall) -> Task<ToolOutcome> {
            if (!context.client_supports("sampling")) {
                co_return missing_capability(object_of(R"({"sampling":{}})"));
            }
            co_return text_result("The client can sample");
        }};
    const auto triggers = [&](const char* name, std::function<void()> signal) {
        table[name] = {"Signals a change", kNoArguments,
                       [signal](RequestContext&, ToolCall) -> Task<ToolOutcome> {
                           signal();
                           co_return text_result("Signalled");
                       }};
    };
    triggers("test_trigger_tool_change", signals.tools_changed);
    triggers("test_trigger_prompt_change", signals.prompts_changed);
}

}  // namespace kimbap::mcp::conformance
