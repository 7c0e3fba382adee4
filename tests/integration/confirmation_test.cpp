#include <gmock/gmock.h>

#include <array>
#include <atomic>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"
#include "support/terminal.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kStore = R"(name: store
base_url: @BASE@
auth: {type: bearer, credential_ref: shop.token}
actions:
  cancel:
    description: Cancel an order
    method: POST
    path: /cancel/{order}
    confirm: "Cancel order {order} of {customer}?"
    args:
      - {name: order, required: true, pattern: "^[0-9]+$"}
      - {name: customer}
      - {name: pin, sensitive: true}
  tell:
    description: Tell the customer
    method: POST
    path: /tell
    confirm: {message: "Tell them?", without: allow}
  pay: {description: Pay back, method: POST, path: /pay, confirm: "Pay back?"}
  once: {description: May be done once, method: POST, path: /once, confirm: "Do it?"}
  look: {description: Look it up, path: "/look/{order}", args: [{name: order, required: true}], resource: {uri: "store://orders/{order}"}, confirm: "Show {order}?"}
  wipe: {description: Is denied, method: DELETE, path: /all, confirm: "Wipe?"}
)";

constexpr std::string_view kRules = R"(version: 1.0.0
rules:
  - {id: no-wiping, match: {actions: [store.wipe]}, decision: deny}
  - {id: payments, match: {actions: [store.pay]}, decision: require_approval}
  - {id: once-an-hour, match: {actions: [store.once]}, rate_limit: {max_requests: 1, window_sec: 3600, scope: agent}, decision: allow}
  - {id: rest, match: {services: [store]}, decision: allow}
)";

json::object elicitation() {
    return {{"elicitation", json::object{}}};
}

json::object answered(std::string_view action) {
    return {{"confirm", {{"action", action}}}};
}

/// A kimbap whose store counts what reaches it.
struct Store {
    explicit Store(std::string_view config = "")
        : shop(config, [this](const Received&) -> Answer {
              ++reached;
              return {200, R"({"done":true})"};
          }) {
        shop.kimbap.manifest("store", std::string(kStore), shop.upstream.url());
        shop.kimbap.policy("store", kRules);
    }

    /// A call's records, as "STATUS CONFIRMATION".
    [[nodiscard]] std::vector<std::string> calls() const {
        std::vector<std::string> out;
        for (const json::object& record : shop.kimbap.audit()) {
            if (record.at("kind") != "call.finished") continue;
            const json::value* said = record.at("details").as_object().if_contains("confirmation");
            out.push_back(std::string(record.at("execution").at("status").as_string()) + " " +
                          (said == nullptr ? "-" : std::string(said->as_string())));
        }
        return out;
    }

    /// Puts `to` in the place of `from`, and waits for whom it concerns to have it.
    void rewrite(const std::string& file, std::string_view from, std::string_view to) const {
        const std::size_t before = shop.kimbap.recorded("policy.loaded");
        std::string text = shop.kimbap.read(file);
        text.replace(text.find(from), from.size(), to);
        shop.kimbap.write(file, text);
        eventually("the reload", [&] { return shop.kimbap.recorded("policy.loaded") > before; });
    }

    std::atomic<int> reached{0};
    Shop shop;
};

/// A modern client that asks its user, one request at a time.
struct Agent {
    Agent(const Serving& serving, const std::string& token,
          json::object capabilities = elicitation())
        : client(serving.url(), token, std::move(capabilities)) {}

    json::object first(const std::string& tool, json::object arguments = {}) const {
        return client.call(tool, std::move(arguments));
    }
    json::object retry(const std::string& tool, json::object arguments, json::object responses,
                       const json::value& state) const {
        json::object params{{"name", tool},
                            {"arguments", std::move(arguments)},
                            {"inputResponses", std::move(responses)}};
        if (!state.is_null()) params["requestState"] = state;
        return client.message("tools/call", std::move(params));
    }
    /// The result once the user was asked and answered so.
    json::object answer(const std::string& tool, json::object arguments,
                        std::string_view action) const {
        const json::object asked = first(tool, arguments);
        if (asked.at("resultType") != "input_required") throw std::runtime_error(to_json(asked));
        return retry(tool, std::move(arguments), answered(action), asked.at("requestState"))
            .at("result")
            .as_object();
    }

    McpClient client;
};

std::int64_t error_code(const json::object& message) {
    const json::value* error = message.if_contains("error");
    return error == nullptr ? 0 : error->at("code").as_int64();
}

const json::object kOrder{{"order", "42"}, {"customer", "Ann"}, {"pin", "one-two-3-4"}};

TEST(Confirmation, TheUserIsAskedBeforeAnythingIsDone) {
    Store store;
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));

    const json::object asked = agent.first("store_cancel", kOrder);
    EXPECT_EQ(asked.at("resultType"), "input_required");
    const json::value& request = asked.at("inputRequests").at("confirm");
    EXPECT_EQ(request.at("method"), "elicitation/create");
    EXPECT_EQ(request.at("params").at("message"), "Cancel order 42 of Ann?");
    EXPECT_EQ(to_json(request.at("params").at("requestedSchema")),
              R"({"type":"object","properties":{}})");
    EXPECT_THAT(to_json(asked), Not(HasSubstr("one-two")));
    EXPECT_EQ(store.reached, 0);

    const json::object done =
        agent.retry("store_cancel", kOrder, answered("accept"), asked.at("requestState"));
    EXPECT_EQ(to_json(done.at("result").at("structuredContent")), R"({"done":true})");
    EXPECT_EQ(store.reached, 1);
    EXPECT_THAT(store.calls(), ElementsAre("asked asked", "succeeded accepted"));
}

TEST(Confirmation, WhatTheUserDeclinesIsNotDone) {
    Store store;
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    for (const char* action : {"decline", "cancel"}) {
        const json::object result = agent.answer("store_cancel", kOrder, action);
        EXPECT_TRUE(is_error(result));
        EXPECT_THAT(text_of(result), HasSubstr("The user declined"));
    }
    EXPECT_EQ(store.reached, 0);
    EXPECT_THAT(store.calls(), ElementsAre("asked asked", "not_confirmed declined", "asked asked",
                                           "not_confirmed dismissed"));
}

TEST(Confirmation, AnAnswerCountsForItsOwnQuestionAlone) {
    Store store;
    Serving serving(store.shop.kimbap);
    const std::string token = store.shop.kimbap.agent_token("bot");
    const Agent agent(serving, token);
    const Agent other(serving, store.shop.kimbap.agent_token("other"));
    const json::value state = agent.first("store_cancel", kOrder).at("requestState");
    const std::string text(state.as_string());

    const json::object elsewhere{{"order", "43"}, {"customer", "Ann"}, {"pin", "one-two-3-4"}};
    const json::object no_pin{{"order", "42"}, {"customer", "Ann"}};
    const auto said = [](const json::object& message) { return error_code(message); };
    const json::object yes = answered("accept");
    EXPECT_EQ(said(agent.retry("store_cancel", elsewhere, yes, state)), -32602);
    EXPECT_EQ(said(agent.retry("store_cancel", no_pin, yes, state)), -32602);
    EXPECT_EQ(said(agent.retry("store_tell", {}, yes, state)), -32602);
    EXPECT_EQ(said(other.retry("store_cancel", kOrder, yes, state)), -32602);
    for (const std::string& forged : {text + "x", "9" + text, text.substr(0, text.size() - 1),
                                      std::string("."), std::string()}) {
        EXPECT_EQ(said(agent.retry("store_cancel", kOrder, yes, json::value(forged))), -32602)
            << forged;
    }
    EXPECT_EQ(said(agent.retry("store_cancel", kOrder, answered("perhaps"), state)), -32602);
    EXPECT_EQ(store.reached, 0);
    for (const std::string& call : store.calls()) {
        EXPECT_THAT(call, ::testing::AnyOf("asked asked", "not_confirmed invalid"));
    }

    // An answer without the question's state, and a state without an answer, are asked for anew.
    for (const json::object& message :
         {agent.retry("store_cancel", kOrder, yes, nullptr),
          agent.retry("store_cancel", kOrder, json::object{}, state),
          agent.retry("store_cancel", kOrder, json::object{{"else", json::object{}}}, state)}) {
        EXPECT_EQ(message.at("result").at("resultType"), "input_required");
    }
    EXPECT_EQ(store.reached, 0);
    json::object more = yes;
    more["else"] = json::object{{"action", "decline"}};
    const json::object done = agent.retry("store_cancel", kOrder, more, state);
    EXPECT_FALSE(is_error(done.at("result").as_object()));
    EXPECT_EQ(store.reached, 1);
}

TEST(Confirmation, AClientThatCannotAskIsRefusedUnlessTheManifestAllowsIt) {
    Store store;
    Serving serving(store.shop.kimbap);
    const std::string token = store.shop.kimbap.agent_token("bot");
    const json::object urls_only{{"elicitation", {{"url", json::object{}}}}};
    for (const json::object& capabilities : {json::object{}, urls_only}) {
        const Agent agent(serving, token, capabilities);
        const Reply refused =
            agent.client.request("tools/call", {{"name", "store_cancel"}, {"arguments", kOrder}});
        EXPECT_EQ(refused.status, 400);
        EXPECT_THAT(refused.body, AllOf(HasSubstr("-32021"), HasSubstr("requiredCapabilities"),
                                        HasSubstr("without: allow")));
        EXPECT_FALSE(is_error(agent.first("store_tell")));
    }
    EXPECT_EQ(store.reached, 2);
    EXPECT_THAT(store.calls(), ElementsAre("not_confirmed impossible", "succeeded not_asked",
                                           "not_confirmed impossible", "succeeded not_asked"));
    // Who can be asked is.
    EXPECT_TRUE(is_error(Agent(serving, token).answer("store_tell", {}, "decline")));
    EXPECT_EQ(store.reached, 2);
}

TEST(Confirmation, PolicyComesFirst) {
    Store store;
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    EXPECT_THAT(text_of(agent.first("store_wipe")), HasSubstr("Denied by policy"));
    EXPECT_THAT(text_of(agent.first("store_cancel", {{"order", "x"}})),
                HasSubstr("Invalid arguments"));
    EXPECT_THAT(store.calls(), ElementsAre("denied -", "invalid_arguments -"));
}

TEST(Confirmation, QuestionsUseNoneOfAnAllowance) {
    Store store;
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    EXPECT_EQ(agent.first("store_once").at("resultType"), "input_required");
    EXPECT_TRUE(is_error(agent.answer("store_once", {}, "decline")));
    const json::value state = agent.first("store_once").at("requestState");
    EXPECT_FALSE(is_error(agent.answer("store_once", {}, "accept")));
    // Nobody is asked for what is denied by now, nor does an answer help it.
    EXPECT_THAT(text_of(agent.first("store_once")), HasSubstr("is used up"));
    const json::object late = agent.retry("store_once", {}, answered("accept"), state);
    EXPECT_THAT(text_of(late.at("result").as_object()), HasSubstr("is used up"));
    EXPECT_EQ(store.reached, 1);
}

std::vector<std::string> approvals(const Store& store) {
    std::vector<std::string> ids;
    const json::value listed = store.shop.kimbap.json({"approval", "list"});
    for (const json::value& one : listed.at("approvals").as_array()) {
        ids.emplace_back(one.at("id").as_string());
    }
    return ids;
}

TEST(Confirmation, OperatorsAreAskedForWhatTheUserWantsAlone) {
    Store store("approvals: {hold: 0s}\n");
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    EXPECT_TRUE(is_error(agent.answer("store_pay", {}, "decline")));
    EXPECT_EQ(agent.first("store_pay").at("resultType"), "input_required");
    EXPECT_THAT(approvals(store), IsEmpty());

    const json::object held = agent.answer("store_pay", {}, "accept");
    EXPECT_EQ(store.reached, 0);
    const std::string id = meta_of(held, "kimbap/approval");
    EXPECT_THAT(approvals(store), ElementsAre(id));
    store.shop.kimbap.must({"approval", "approve", id});
    const json::object outcome =
        agent.first("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
    EXPECT_FALSE(is_error(outcome)) << to_json(outcome);
    EXPECT_EQ(store.reached, 1);
    EXPECT_EQ(store.calls().back(), "succeeded accepted");
    for (const json::object& record : store.shop.kimbap.audit()) {
        if (record.at("kind") != "approval.requested") continue;
        EXPECT_EQ(record.at("details").at("confirmation"), "accepted");
    }
}

TEST(Confirmation, AnApprovalCoversTheQuestionThatTheUserAnswered) {
    Store store("approvals: {hold: 0s}\n");
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    const json::value state = agent.first("store_pay").at("requestState");
    const std::string id = meta_of(agent.answer("store_pay", {}, "accept"), "kimbap/approval");

    store.rewrite("manifests/store.yaml", "Pay back?", "Pay it all back?");

    EXPECT_EQ(error_code(agent.retry("store_pay", {}, answered("accept"), state)), -32602);
    store.shop.kimbap.must({"approval", "approve", id});
    const json::object outcome =
        agent.first("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
    EXPECT_THAT(text_of(outcome), HasSubstr("the action's request changed"));
    EXPECT_EQ(store.reached, 0);
}

TEST(Confirmation, AnAnswerCountsInAnotherProcess) {
    Store store;
    const std::string token = store.shop.kimbap.agent_token("bot");
    json::value state;
    {
        Serving serving(store.shop.kimbap);
        state = Agent(serving, token).first("store_cancel", kOrder).at("requestState");
    }
    Serving serving(store.shop.kimbap);
    const json::object done =
        Agent(serving, token).retry("store_cancel", kOrder, answered("accept"), state);
    EXPECT_FALSE(is_error(done.at("result").as_object()));
    EXPECT_EQ(store.reached, 1);
}

TEST(Confirmation, ATaskBeginsOnceTheUserAgreed) {
    Store store;
    Serving serving(store.shop.kimbap);
    json::object capabilities = task_capabilities();
    capabilities["elicitation"] = json::object{};
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"), capabilities);
    EXPECT_TRUE(is_error(agent.answer("store_pay", {}, "decline")));
    EXPECT_THAT(approvals(store), IsEmpty());
    const json::object created = agent.answer("store_pay", {}, "accept");
    EXPECT_EQ(created.at("resultType"), "task");
    EXPECT_THAT(approvals(store), ElementsAre(std::string(created.at("taskId").as_string())));
}

TEST(Confirmation, AResourceIsReadOnceTheUserAgreed) {
    Store store;
    Serving serving(store.shop.kimbap);
    const McpClient agent(serving.url(), store.shop.kimbap.agent_token("bot"), elicitation());
    const json::object uri{{"uri", "store://orders/42"}};
    const json::object asked = agent.message("resources/read", uri).at("result").as_object();
    EXPECT_EQ(asked.at("resultType"), "input_required");
    EXPECT_EQ(asked.at("inputRequests").at("confirm").at("params").at("message"), "Show 42?");
    const auto retry = [&](std::string_view action) {
        json::object params = uri;
        params["inputResponses"] = answered(action);
        params["requestState"] = asked.at("requestState");
        return agent.message("resources/read", std::move(params));
    };
    EXPECT_EQ(error_code(retry("decline")), -31004);
    EXPECT_EQ(store.reached, 0);
    EXPECT_THAT(to_json(retry("accept")), HasSubstr("done"));
    EXPECT_EQ(store.reached, 1);
}

// The older eras: kimbap sends the client a request of its own.

struct Asked {
    std::vector<std::string> messages;
    std::string action = "accept";
    [[nodiscard]] StdioClient::Answer handler() {
        return [this](const json::object& request) -> json::object {
            messages.emplace_back(request.at("params").at("message").as_string());
            return {{"action", action}};
        };
    }
};

TEST(Confirmation, AnOlderClientIsAskedByARequest) {
    Store store;
    for (const char* revision : {"2025-11-25", "2025-06-18"}) {
        Asked asked;
        StdioClient client(store.shop.kimbap.start({"mcp"}), revision, elicitation(),
                           asked.handler());
        EXPECT_FALSE(is_error(client.call("store_cancel", kOrder)));
        EXPECT_THAT(asked.messages, ElementsAre("Cancel order 42 of Ann?"));
        asked.action = "decline";
        EXPECT_THAT(text_of(client.call("store_cancel", kOrder)), HasSubstr("The user declined"));
        EXPECT_EQ(asked.messages.size(), 2U);
    }
    EXPECT_EQ(store.reached, 2);
}

TEST(Confirmation, AnOlderClientThatCannotAskIsToldSoByTheResult) {
    Store store;
    StdioClient client(store.shop.kimbap.start({"mcp"}));
    const json::object refused = client.call("store_cancel", kOrder);
    EXPECT_TRUE(is_error(refused));
    EXPECT_THAT(text_of(refused), HasSubstr("elicitation"));
    EXPECT_FALSE(is_error(client.call("store_tell", {})));
    EXPECT_EQ(store.reached, 1);
}

TEST(Confirmation, AnOlderClientsTaskBeginsOnceTheUserAgreed) {
    Store store;
    Asked asked;
    StdioClient client(store.shop.kimbap.start({"mcp"}), "2025-11-25", elicitation(),
                       asked.handler());
    const auto as_task = [&] {
        return client.request(
            "tools/call",
            {{"name", "store_cancel"}, {"arguments", kOrder}, {"task", json::object{}}});
    };
    const json::object created = as_task();
    const std::string id(created.at("result").at("task").at("taskId").as_string());
    const json::object done = client.request("tasks/result", {{"taskId", id}});
    EXPECT_FALSE(is_error(done.at("result").as_object()));
    EXPECT_EQ(store.reached, 1);

    asked.action = "decline";
    const json::object declined = as_task();
    const std::string other(declined.at("result").at("task").at("taskId").as_string());
    const json::object said = client.request("tasks/result", {{"taskId", other}});
    EXPECT_THAT(text_of(said.at("result").as_object()), HasSubstr("The user declined"));
    EXPECT_EQ(store.reached, 1);
    EXPECT_EQ(asked.messages.size(), 2U);
}

TEST(Confirmation, AnOlderClientsTaskSaysThatNobodyCouldBeAsked) {
    Store store;
    StdioClient client(store.shop.kimbap.start({"mcp"}));
    const json::object created = client.request(
        "tools/call", {{"name", "store_cancel"}, {"arguments", kOrder}, {"task", json::object{}}});
    const std::string id(created.at("result").at("task").at("taskId").as_string());
    const json::object said = client.request("tasks/result", {{"taskId", id}});
    EXPECT_TRUE(is_error(said.at("result").as_object()));
    EXPECT_THAT(text_of(said.at("result").as_object()), HasSubstr("elicitation"));
    EXPECT_EQ(store.reached, 0);
}

// The command line.

Terminal call_on_terminal(const Installation& kimbap, const std::string& typed) {
    return on_terminal(kimbap, {"call", "store.cancel", "--arg", "order=42"}, "[y/N] ", {typed});
}

TEST(Confirmation, TheCommandLineAsksOnItsTerminal) {
    Store store;
    const Terminal yes = call_on_terminal(store.shop.kimbap, "y\n");
    EXPECT_EQ(yes.code, 0) << yes.shown;
    EXPECT_THAT(yes.shown, HasSubstr("Cancel order 42 of (none)? [y/N] "));
    EXPECT_EQ(store.reached, 1);
    for (const char* typed : {"n\n", "\n", "\x04", "\x03"}) {
        const Terminal no = call_on_terminal(store.shop.kimbap, typed);
        EXPECT_EQ(no.code, 1) << no.shown;
        EXPECT_THAT(no.shown, HasSubstr("declined"));
    }
    EXPECT_EQ(store.reached, 1);
    EXPECT_EQ(store.calls().front(), "succeeded accepted");
}

TEST(Confirmation, WhatChangesWhileTheUserThinksCounts) {
    struct Case {
        const char* file;
        const char* from;
        const char* to;
        int code;
        const char* said;
    };
    const std::array cases{
        Case{"policy/store.yaml", "store.wipe", "store.cancel", 3, "no-wiping"},
        Case{"manifests/store.yaml", "path: /cancel/", "path: /destroy/", 1, "was changed"},
        Case{"manifests/store.yaml", "of {customer}?", "for good?", 1, "was changed"},
        Case{"manifests/store.yaml", "  cancel:", "  revoke:", 1, "was changed"},
        Case{"manifests/store.yaml", "^[0-9]+$", "^[5-9]+$", 2, "Invalid arguments"},
        Case{"manifests/store.yaml", "Tell the customer", "Tell them", 0, "done"},
    };
    for (const Case& change : cases) {
        SCOPED_TRACE(change.to);
        Store store;
        const Terminal out = on_terminal(
            store.shop.kimbap,
            {"call", "store.cancel", "--arg", "order=42", "--arg", "pin=one-two-3-4"}, "[y/N] ",
            {"y\n"}, [&] { store.rewrite(change.file, change.from, change.to); });
        EXPECT_EQ(out.code, change.code) << out.shown;
        EXPECT_THAT(out.shown, HasSubstr(change.said));
        EXPECT_EQ(store.reached, change.code == 0 ? 1 : 0);
        for (const json::object& record : store.shop.kimbap.audit()) {
            EXPECT_THAT(to_json(record), Not(HasSubstr("one-two")));
        }
    }
}

TEST(Confirmation, TheCommandLineWithoutATerminalWantsYes) {
    Store store;
    const Ran refused = store.shop.kimbap.kimbap({"call", "store.cancel", "--arg", "order=42"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("--yes"));
    EXPECT_EQ(store.reached, 0);
    store.shop.kimbap.must({"call", "store.cancel", "--arg", "order=42", "--yes"});
    EXPECT_EQ(store.reached, 1);
}

TEST(Confirmation, ReplayTakesNoAllowanceForQuestions) {
    Store store;
    Serving serving(store.shop.kimbap);
    const Agent agent(serving, store.shop.kimbap.agent_token("bot"));
    EXPECT_TRUE(is_error(agent.answer("store_once", {}, "decline")));
    EXPECT_FALSE(is_error(agent.answer("store_once", {}, "accept")));
    const json::value replayed = store.shop.kimbap.json({"policy", "replay"});
    EXPECT_EQ(replayed.at("differ"), 0) << to_json(replayed);
    EXPECT_GE(replayed.at("replayed").to_number<int>(), 4);
}

}  // namespace
}  // namespace kimbap::test
