#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <semaphore>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const json::object kRefund{{"order", "1001"}, {"amount", 4900}, {"card", "4242-4242"}};

McpClient task_client(const std::string& url, const std::string& token) {
    return McpClient(url, token, task_capabilities());
}

json::object task(const McpClient& client, const std::string& id) {
    return client.message("tasks/get", {{"taskId", id}}).at("result").as_object();
}

std::string status_of(const json::object& task) {
    return task.at("status").as_string().c_str();
}

/// The error code of a tasks/… request, or 0.
std::int64_t refusal(const McpClient& client, const std::string& method, const std::string& id) {
    json::object params{{"taskId", id}};
    if (method == "tasks/update") params["inputResponses"] = json::object();
    const json::object message = client.message(method, std::move(params));
    const json::value* error = message.if_contains("error");
    return error == nullptr ? 0 : error->at("code").as_int64();
}

/// A refund that waits for its approval; its task's identifier.
std::string suspended(const McpClient& client, json::object arguments = kRefund) {
    const json::object created = client.call("shop_refund", std::move(arguments));
    if (created.at("resultType") != "task") throw std::runtime_error(to_json(created));
    return created.at("taskId").as_string().c_str();
}

json::object ended(const McpClient& client, const std::string& id) {
    json::object out;
    eventually("the task's end", [&] {
        out = task(client, id);
        return status_of(out) != "working";
    });
    return out;
}

TEST(Tasks, ACallThatNeedsAnApprovalIsATaskAtOnce) {
    Shop shop;  // holds others for 45 s
    Serving serving(shop.kimbap);
    const McpClient agent = task_client(serving.url(), shop.kimbap.agent_token("bot"));
    const json::object created = agent.call("shop_refund", kRefund);
    EXPECT_EQ(created.at("resultType"), "task");
    EXPECT_EQ(created.at("status"), "working");
    EXPECT_THAT(created.at("statusMessage").as_string().c_str(), HasSubstr("refunds"));
    EXPECT_GT(created.at("ttlMs").as_int64(), 0);
    const std::string id = created.at("taskId").as_string().c_str();
    EXPECT_THAT(id, StartsWith("apr_"));
    EXPECT_EQ(status_of(task(agent, id)), "working");
    EXPECT_EQ(shop.upstream.count(), 0U);

    shop.kimbap.must({"approval", "approve", id});
    const json::object done = ended(agent, id);
    EXPECT_EQ(done.at("status"), "completed") << to_json(done);
    EXPECT_EQ(done.at("resultType"), "complete");
    EXPECT_EQ(done.at("result").at("structuredContent").at("state"), "refunded");
    EXPECT_FALSE(done.at("result").as_object().contains("isError"));
    EXPECT_EQ(meta_of(done.at("result").as_object(), "kimbap/decision"), "require_approval");
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Tasks, ADenialCompletesWithAnErrorResult) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent = task_client(serving.url(), shop.kimbap.agent_token("bot"));
    const std::string id = suspended(agent);
    shop.kimbap.must({"approval", "deny", id, "--reason", "no such customer"});
    const json::object done = ended(agent, id);
    EXPECT_EQ(done.at("status"), "completed");  // `failed` is for JSON-RPC errors alone
    EXPECT_TRUE(is_error(done.at("result").as_object()));
    EXPECT_THAT(text_of(done.at("result").as_object()), HasSubstr("no such customer"));
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Tasks, CancellingWithdrawsWhatIsPending) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent = task_client(serving.url(), shop.kimbap.agent_token("bot"));
    const std::string id = suspended(agent);
    EXPECT_EQ(refusal(agent, "tasks/cancel", id), 0);
    EXPECT_EQ(status_of(task(agent, id)), "cancelled");
    EXPECT_EQ(refusal(agent, "tasks/cancel", id), 0);  // again is no error
    EXPECT_NE(shop.kimbap.kimbap({"approval", "approve", id}).code, 0);
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST(Tasks, CancellingStopsWhatRuns) {
    std::binary_semaphore arrived(0), release(0);
    Shop shop("", [&](const Received& request) {
        arrived.release();
        release.acquire();
        return Shop::order(request);
    });
    // One process runs the call, another one is told to cancel it.
    Serving runs(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    const std::string id = suspended(task_client(runs.url(), token));
    shop.kimbap.must({"approval", "approve", id});
    arrived.acquire();
    Serving beside(shop.kimbap);
    const McpClient agent = task_client(beside.url(), token);
    EXPECT_EQ(status_of(task(agent, id)), "working");
    EXPECT_EQ(refusal(agent, "tasks/cancel", id), 0);
    EXPECT_EQ(status_of(task(agent, id)), "cancelled");
    eventually("the end of the call", [&] {
        return shop.kimbap.json({"approval", "show", id}).at("execution") == "failed";
    });
    release.release();
    EXPECT_EQ(status_of(task(agent, id)), "cancelled");
    const std::vector<json::object> records = shop.kimbap.audit();
    EXPECT_EQ(records.back().at("execution").at("status"), "cancelled") << to_json(records.back());
}

TEST(Tasks, AnotherCallersTaskDoesNotExist) {
    Shop shop;
    Serving serving(shop.kimbap);
    const McpClient agent = task_client(serving.url(), shop.kimbap.agent_token("bot"));
    const McpClient other = task_client(serving.url(), shop.kimbap.agent_token("other"));
    const McpClient without(serving.url(), shop.kimbap.agent_token("plain"));
    const std::string id = suspended(agent);
    for (const char* method : {"tasks/get", "tasks/update", "tasks/cancel"}) {
        EXPECT_EQ(refusal(other, method, id), -32602) << method;
        EXPECT_EQ(refusal(agent, method, "apr_0000"), -32602) << method;
        EXPECT_EQ(refusal(without, method, id), -32021) << method;
    }
    EXPECT_EQ(status_of(task(agent, id)), "working");
    EXPECT_EQ(refusal(agent, "tasks/update", id), 0);
    EXPECT_EQ(agent.message("tasks/list", {}).at("error").at("code"), -32601);
    EXPECT_EQ(agent.message("tasks/result", {}).at("error").at("code"), -32601);
}

TEST(Tasks, OutliveTheProcessThatMadeThem) {
    Shop shop;
    const std::string token = shop.kimbap.agent_token("bot");
    std::string id;
    {
        Serving serving(shop.kimbap);
        id = suspended(task_client(serving.url(), token));
        serving.program().signal(SIGKILL);
        EXPECT_EQ(serving.program().wait(), 128 + SIGKILL);
    }
    Serving again(shop.kimbap);
    const McpClient agent = task_client(again.url(), token);
    EXPECT_EQ(status_of(task(agent, id)), "working");
    EXPECT_EQ(suspended(agent), id);  // the same call joins its task

    // Another process of the same data directory answers, too, and to the same caller alone.
    Serving beside(shop.kimbap);
    EXPECT_EQ(status_of(task(task_client(beside.url(), token), id)), "working");
    shop.kimbap.must({"approval", "approve", id});
    EXPECT_EQ(ended(task_client(beside.url(), token), id).at("status"), "completed");
    EXPECT_EQ(ended(agent, id).at("result").at("structuredContent").at("state"), "refunded");
    EXPECT_EQ(shop.upstream.count(), 1U);
    for (const char* file : {"data/kimbap.db", "data/kimbap.db-wal"}) {
        EXPECT_THAT(shop.kimbap.read(file),
                    AllOf(Not(HasSubstr("4242-4242")), Not(HasSubstr("refunded"))));
    }
}

/// A shop whose first answer waits to be let go.
struct SlowShop {
    explicit SlowShop(std::string_view config)
        : shop(config, [this](const Received& request) {
              if (!held.exchange(true)) {
                  arrived.release();
                  release.acquire();
              }
              return Shop::order(request);
          }) {}

    std::atomic<bool> held{false};
    std::binary_semaphore arrived{0}, release{0};
    Shop shop;
};

TEST(Tasks, ALongCallBecomesOne) {
    SlowShop slow("tasks: {after: 200ms}\n");
    Shop& shop = slow.shop;
    Serving serving(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    const McpClient agent = task_client(serving.url(), token);
    const json::object created = agent.call("shop_get-order", {{"order", "1001"}});
    EXPECT_EQ(created.at("resultType"), "task") << to_json(created);
    const std::string id = created.at("taskId").as_string().c_str();
    EXPECT_EQ(status_of(task(agent, id)), "working");
    const McpClient other = task_client(serving.url(), shop.kimbap.agent_token("other"));
    EXPECT_EQ(refusal(other, "tasks/get", id), -32602);
    EXPECT_EQ(refusal(other, "tasks/cancel", id), -32602);
    // No operator was asked: none sees it, none can decide.
    EXPECT_TRUE(shop.kimbap.json({"approval", "list"}).at("approvals").as_array().empty());
    EXPECT_NE(shop.kimbap.kimbap({"approval", "deny", id}).code, 0);

    slow.release.release();
    const json::object done = ended(agent, id);
    EXPECT_EQ(done.at("status"), "completed") << to_json(done);
    EXPECT_EQ(done.at("result").at("structuredContent").at("state"), "paid");
    EXPECT_EQ(meta_of(done.at("result").as_object(), "kimbap/decision"), "allow");
    EXPECT_EQ(shop.upstream.count(), 1U);
    // What is quick is answered as ever.
    EXPECT_EQ(agent.call("shop_get-order", {{"order", "1002"}}).at("resultType"), "complete");
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Tasks, ALongCallCanBeCancelled) {
    SlowShop slow("tasks: {after: 100ms}\n");
    Serving serving(slow.shop.kimbap);
    const McpClient agent = task_client(serving.url(), slow.shop.kimbap.agent_token("bot"));
    const json::object created = agent.call("shop_get-order", {{"order", "1001"}});
    const std::string id = created.at("taskId").as_string().c_str();
    EXPECT_EQ(refusal(agent, "tasks/cancel", id), 0);
    EXPECT_EQ(status_of(task(agent, id)), "cancelled");
    eventually("the end of the call", [&] {
        const auto records = slow.shop.kimbap.audit();
        return records.back().at("kind") == "call.finished";
    });
    EXPECT_EQ(slow.shop.kimbap.audit().back().at("execution").at("status"), "cancelled");
    slow.release.release();
    EXPECT_EQ(status_of(task(agent, id)), "cancelled");
}

TEST(Tasks, ALongCallThatDoesNoHarmTwiceOutlivesItsProcess) {
    SlowShop slow("tasks: {after: 100ms}\n");
    const Shop& shop = slow.shop;
    const std::string token = shop.kimbap.agent_token("bot");
    std::string id;
    {
        Serving serving(shop.kimbap);
        const McpClient agent = task_client(serving.url(), token);
        const json::object created = agent.call("shop_get-order", {{"order", "1001"}});
        id = created.at("taskId").as_string().c_str();
        serving.program().signal(SIGKILL);
        serving.program().wait();
    }
    slow.release.release();
    Serving again(shop.kimbap);
    const McpClient agent = task_client(again.url(), token);
    EXPECT_EQ(status_of(task(agent, id)), "working");
    const json::object done = ended(agent, id);  // once the dead process's lease has lapsed
    EXPECT_EQ(done.at("status"), "completed") << to_json(done);
    EXPECT_EQ(done.at("result").at("structuredContent").at("state"), "paid");
    EXPECT_EQ(shop.upstream.count(), 2U);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(Tasks, WhoListensIsToldWhicheverProcessDecides) {
    Shop shop;
    const std::unique_ptr<Program> agent = shop.kimbap.start({"mcp"});
    int number = 0;
    const auto send = [&](const std::string& method, json::object params) {
        params["_meta"] =
            json::object{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                         {"io.modelcontextprotocol/clientInfo", {{"name", "t"}, {"version", "1"}}},
                         {"io.modelcontextprotocol/clientCapabilities", task_capabilities()}};
        const json::object message{
            {"jsonrpc", "2.0"}, {"id", ++number}, {"method", method}, {"params", params}};
        agent->write(to_json(message) + "\n");
    };
    const auto next = [&] { return parse_json(agent->read_line().value()).value().as_object(); };
    send("tools/call", {{"name", "shop_refund"}, {"arguments", kRefund}});
    const std::string id = next().at("result").at("taskId").as_string().c_str();
    const std::string uri = "kimbap://approvals/" + id;
    send("subscriptions/listen",
         {{"notifications",
           {{"taskIds", {id, "apr_unknown"}},
            {"resourceSubscriptions", {uri, "kimbap://approvals/apr_unknown"}}}}});
    const json::object granted = next().at("params").at("notifications").as_object();
    EXPECT_EQ(granted.at("taskIds"), json::value(json::array{json::value(id)}));
    EXPECT_EQ(granted.at("resourceSubscriptions"), json::value(json::array{json::value(uri)}));
    shop.kimbap.must({"approval", "approve", id});
    bool updated = false;
    json::object last;
    while (last.empty() || last.at("status") == "working") {
        const json::object message = next();
        const json::object& params = message.at("params").as_object();
        EXPECT_EQ(params.at("_meta").at("io.modelcontextprotocol/subscriptionId"), 2);
        if (message.at("method") == "notifications/resources/updated") {
            updated = params.at("uri") == json::value(uri);
        } else {
            ASSERT_EQ(message.at("method"), "notifications/tasks");
            last = params;
        }
    }
    EXPECT_TRUE(updated);
    EXPECT_EQ(last.at("taskId"), json::value(id));
    EXPECT_EQ(last.at("status"), "completed");
    EXPECT_EQ(last.at("result").at("structuredContent").at("state"), "refunded");
}

}  // namespace
}  // namespace kimbap::test
