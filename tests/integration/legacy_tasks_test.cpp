#include <gmock/gmock.h>
#include <signal.h>

#include <future>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::HasSubstr;

const json::object kRefund{{"order", "1001"}, {"amount", 4900}};
constexpr const char* kRelated = "io.modelcontextprotocol/related-task";

/// tools/call with the parameter `task`: what came back.
json::object ask(StdioClient& client, const std::string& tool, json::object arguments) {
    return client.request(
        "tools/call",
        {{"name", tool}, {"arguments", std::move(arguments)}, {"task", {{"ttl", 60000}}}});
}

std::string task_id(const json::object& message) {
    const json::value* result = message.if_contains("result");
    if (result == nullptr) throw std::runtime_error(to_json(message));
    return result->at("task").at("taskId").as_string().c_str();
}

json::object about(StdioClient& client, const std::string& method, const std::string& id) {
    return client.request(method, {{"taskId", id}});
}

std::int64_t code_of(const json::object& message) {
    const json::value* error = message.if_contains("error");
    return error == nullptr ? 0 : error->at("code").as_int64();
}

TEST(LegacyTasks, AreDeclared) {
    Shop shop;
    StdioClient agent(shop.kimbap.start({"mcp"}));
    const json::value& tasks = agent.agreement().at("capabilities").at("tasks");
    EXPECT_EQ(tasks, (json::object{{"list", json::object()},
                                   {"cancel", json::object()},
                                   {"requests", {{"tools", {{"call", json::object()}}}}}}));
    const json::object listed = agent.request("tools/list", {});
    for (const json::value& tool : listed.at("result").at("tools").as_array()) {
        const bool collects = tool.at("name") == "kimbap_approval_result";
        EXPECT_EQ(tool.as_object().contains("execution"), !collects) << tool;
        if (!collects) {
            EXPECT_EQ(tool.at("execution").at("taskSupport"), "optional");
        }
    }
}

TEST(LegacyTasks, TheResultIsWaitedFor) {
    Shop shop;
    StdioClient agent(shop.kimbap.start({"mcp"}));
    const json::object created = ask(agent, "shop_refund", kRefund);
    const std::string id = task_id(created);
    EXPECT_EQ(created.at("result").at("task").at("status"), "working");
    EXPECT_THAT(meta_of(created.at("result").as_object(),
                        "io.modelcontextprotocol/model-immediate-response"),
                HasSubstr("approval"));
    EXPECT_EQ(about(agent, "tasks/get", id).at("result").at("status"), "working");
    auto result = std::async(std::launch::async, [&] { return about(agent, "tasks/result", id); });
    shop.kimbap.must({"approval", "approve", id});
    const json::object answer = result.get();
    ASSERT_EQ(code_of(answer), 0) << to_json(answer);
    const json::object& content = answer.at("result").as_object();
    EXPECT_EQ(content.at("structuredContent").at("state"), "refunded");
    EXPECT_EQ(content.at("_meta").at(kRelated).at("taskId"), json::value(id));
    EXPECT_FALSE(content.contains("taskId"));
    EXPECT_EQ(about(agent, "tasks/get", id).at("result").at("status"), "completed");
    EXPECT_EQ(code_of(about(agent, "tasks/cancel", id)), -32602);  // it has ended
    EXPECT_EQ(shop.upstream.count(), 1U);
}

TEST(LegacyTasks, EveryCallCanBeOne) {
    Shop shop;
    StdioClient agent(shop.kimbap.start({"mcp"}));
    const std::string quick = task_id(ask(agent, "shop_get-order", {{"order", "1001"}}));
    const json::object done = about(agent, "tasks/result", quick);
    EXPECT_EQ(done.at("result").at("structuredContent").at("state"), "paid") << to_json(done);
    // A denial is the task's failure; its result is what the call would have answered.
    const std::string denied = task_id(ask(agent, "shop_remove", {{"order", "1"}}));
    EXPECT_EQ(about(agent, "tasks/get", denied).at("result").at("status"), "failed");
    const json::object refused = about(agent, "tasks/result", denied).at("result").as_object();
    EXPECT_TRUE(is_error(refused));
    EXPECT_THAT(text_of(refused), HasSubstr("no-removal"));
    const std::string wrong = task_id(ask(agent, "shop_get-order", {{"order", "x"}}));
    EXPECT_THAT(text_of(about(agent, "tasks/result", wrong).at("result").as_object()),
                HasSubstr("Invalid arguments"));

    EXPECT_EQ(code_of(ask(agent, "shop_unheard-of", {})), -32602);
    EXPECT_EQ(code_of(ask(agent, "kimbap_approval_result", {{"approval", "apr_1"}})), -32601);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(LegacyTasks, AreListedAPageAtATimeAndCancelled) {
    Shop shop;
    StdioClient agent(shop.kimbap.start({"mcp"}));
    const std::string waits = task_id(ask(agent, "shop_refund", kRefund));
    const std::string done = task_id(ask(agent, "shop_get-order", {{"order", "1001"}}));
    static_cast<void>(about(agent, "tasks/result", done));
    const json::object listed = agent.request("tasks/list", {}).at("result").as_object();
    std::map<std::string, std::string> statuses;
    for (const json::value& task : listed.at("tasks").as_array()) {
        statuses[task.at("taskId").as_string().c_str()] = task.at("status").as_string().c_str();
    }
    EXPECT_EQ(statuses,
              (std::map<std::string, std::string>{{waits, "working"}, {done, "completed"}}));
    EXPECT_FALSE(listed.contains("nextCursor"));
    EXPECT_EQ(code_of(agent.request("tasks/list", {{"cursor", "what?"}})), -32602);

    EXPECT_EQ(about(agent, "tasks/cancel", waits).at("result").at("status"), "cancelled");
    EXPECT_EQ(code_of(about(agent, "tasks/cancel", waits)), -32602);
    EXPECT_TRUE(is_error(about(agent, "tasks/result", waits).at("result").as_object()));
    EXPECT_EQ(code_of(about(agent, "tasks/get", "apr_unknown")), -32602);
    EXPECT_NE(shop.kimbap.kimbap({"approval", "approve", waits}).code, 0);

    // Another caller has none.
    StdioClient other(shop.kimbap.start({"mcp", "--agent", "other"}));
    EXPECT_EQ(code_of(about(other, "tasks/get", done)), -32602);
    EXPECT_EQ(code_of(about(other, "tasks/result", done)), -32602);
    EXPECT_EQ(code_of(about(other, "tasks/cancel", done)), -32602);
    EXPECT_TRUE(other.request("tasks/list", {}).at("result").at("tasks").as_array().empty());
}

TEST(LegacyTasks, OutliveTheProcessAndTellTheSession) {
    Shop shop;
    std::string id;
    {
        StdioClient agent(shop.kimbap.start({"mcp"}));
        id = task_id(ask(agent, "shop_refund", kRefund));
        agent.program().signal(SIGKILL);
        agent.program().wait();
    }
    StdioClient agent(shop.kimbap.start({"mcp"}));
    EXPECT_EQ(task_id(ask(agent, "shop_refund", kRefund)), id);  // joins
    shop.kimbap.must({"approval", "deny", id, "--reason", "not today"});
    json::object told;
    while (told.empty() || told.at("status") == "working") {
        json::object message = parse_json(agent.program().read_line().value()).value().as_object();
        ASSERT_EQ(message.at("method"), "notifications/tasks/status");
        told = message.at("params").as_object();
    }
    EXPECT_EQ(told.at("taskId"), json::value(id));
    EXPECT_EQ(told.at("status"), "failed");
    EXPECT_THAT(text_of(about(agent, "tasks/result", id).at("result").as_object()),
                HasSubstr("not today"));
}

TEST(LegacyTasks, OlderRevisionsHaveNone) {
    Shop shop;
    StdioClient agent(shop.kimbap.start({"mcp"}), "2025-06-18");
    EXPECT_FALSE(agent.agreement().at("capabilities").as_object().contains("tasks"));
    EXPECT_EQ(code_of(about(agent, "tasks/get", "apr_1")), -32601);
    EXPECT_EQ(code_of(agent.request("tasks/list", {})), -32601);
    const json::object answer = ask(agent, "shop_get-order", {{"order", "1001"}});
    EXPECT_EQ(answer.at("result").at("structuredContent").at("state"), "paid");
}

}  // namespace
}  // namespace kimbap::test
