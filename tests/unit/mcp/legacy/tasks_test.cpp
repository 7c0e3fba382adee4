#include "mcp/legacy/tasks.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/json_text.hpp"
#include "mcp/memory_tasks.hpp"
#include "mcp/server.hpp"
#include "mcp/transport/stdio_transport.hpp"

namespace kimbap::mcp {
namespace {

/// One tool that takes a task and asks its client for a name, one that takes none.
class AskingTools final : public ToolProvider {
public:
    explicit AskingTools(MemoryTasks& tasks) : tasks_(tasks) {}
    Task<PageOutcome> list(RequestContext&, ListRequest request) override {
        co_return ItemList::create({})->page(request.cursor, request.page_size);
    }
    bool takes_task(const RequestContext&, std::string_view name) override {
        return name == "greet";
    }
    Task<ToolOutcome> call(RequestContext& context, ToolCall call) override {
        if (!call.as_task) co_return text_result("at once");
        auto starting = tasks_.start(context, greet);
        co_return co_await std::move(starting);
    }

private:
    static Task<MemoryTasks::WorkOutcome> greet(std::shared_ptr<MemoryTasks::Run> run) {
        auto asking = run->ask({{"name", "elicitation/create", {{"message", "Who?"}}}});
        const auto answers = co_await std::move(asking);
        if (!answers) co_return text_result("nobody");
        const json::value& answer = answers->at("name");
        co_return text_result("Hello, " +
                              std::string(answer.at("content").at("name").get_string()));
    }
    MemoryTasks& tasks_;
};

/// A client of 2025-11-25 on the other end of two sockets; the server has a thread of its own.
class LegacyTasks : public testing::Test {
protected:
    LegacyTasks() {
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, in_);
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, out_);
        transport_.emplace(server_, std::make_shared<const Principal>("local"), in_[1], out_[1]);
        asio::co_spawn(context_, transport_->run(), [](std::exception_ptr) {});
        thread_ = std::thread([this] { context_.run(); });
        ask(R"("initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},)"
            R"("clientInfo":{"name":"t","version":"1"}})");
    }
    ~LegacyTasks() override {
        ::close(in_[0]);
        thread_.join();
        for (const int fd : {in_[1], out_[0], out_[1]}) ::close(fd);
    }

    void send(const std::string& line) {
        const std::string text = line + "\n";
        ASSERT_EQ(::write(in_[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    json::object next() {
        pollfd ready{out_[0], POLLIN, 0};
        while (pending_.find('\n') == std::string::npos) {
            char buffer[4096];
            if (::poll(&ready, 1, 10'000) != 1) throw std::runtime_error("no message came");
            const auto size = ::read(out_[0], buffer, sizeof buffer);
            if (size <= 0) throw std::runtime_error("the server went");
            pending_.append(buffer, static_cast<std::size_t>(size));
        }
        const auto end = pending_.find('\n');
        auto message = parse_json(pending_.substr(0, end)).value().as_object();
        pending_.erase(0, end + 1);
        return message;
    }
    /// A request from its method's text on; its answer.
    json::object ask(const std::string& rest) {
        send(R"({"jsonrpc":"2.0","id":)" + std::to_string(++id_) + R"(,"method":)" + rest + "}");
        return next();
    }
    json::object about(const std::string& method, const std::string& task) {
        return ask('"' + method + R"(","params":{"taskId":")" + task + R"("})");
    }
    std::string greet() {
        const auto made = ask(R"("tools/call","params":{"name":"greet","task":{"ttl":60000}})");
        return made.at("result").at("task").at("taskId").as_string().c_str();
    }

    asio::io_context context_;
    MemoryTasks tasks_{{}};
    AskingTools tools_{tasks_};
    Server server_{ServerOptions{}, Providers{&tools_, nullptr, nullptr, nullptr, &tasks_}};
    std::optional<StdioTransport> transport_;
    std::thread thread_;
    int in_[2] = {-1, -1};
    int out_[2] = {-1, -1};
    int id_ = 0;
    std::string pending_;
};

TEST_F(LegacyTasks, AsksItsClientWhileTheResultIsWaitedFor) {
    const std::string id = greet();
    EXPECT_EQ(about("tasks/get", id).at("result").at("status"), "input_required");
    const json::object question = about("tasks/result", id);
    EXPECT_EQ(question.at("method"), "elicitation/create");
    EXPECT_EQ(
        question.at("params").at("_meta").at("io.modelcontextprotocol/related-task").at("taskId"),
        json::value(id));
    send(R"({"jsonrpc":"2.0","id":)" + to_json(question.at("id")) +
         R"(,"result":{"action":"accept","content":{"name":"Ada"}}})");
    const json::object result = next().at("result").as_object();
    EXPECT_EQ(result.at("content").at(0).at("text"), "Hello, Ada");
    EXPECT_EQ(result.at("_meta").at("io.modelcontextprotocol/related-task").at("taskId"),
              json::value(id));
    EXPECT_EQ(about("tasks/get", id).at("result").at("status"), "completed");
}

TEST_F(LegacyTasks, AreListedAPageAtATimeAndCancelledOnce) {
    const std::string id = greet();
    const json::object listed = ask(R"("tasks/list","params":{})").at("result").as_object();
    ASSERT_EQ(listed.at("tasks").as_array().size(), 1U);
    EXPECT_EQ(listed.at("tasks").at(0).at("taskId"), json::value(id));
    EXPECT_EQ(about("tasks/cancel", id).at("result").at("status"), "cancelled");
    EXPECT_EQ(about("tasks/cancel", id).at("error").at("code"), code::kInvalidParams);
    EXPECT_EQ(about("tasks/result", id).at("result").at("isError"), true);
    EXPECT_EQ(about("tasks/get", "nothing").at("error").at("code"), code::kInvalidParams);
}

TEST_F(LegacyTasks, OnlyToolsThatTakeThemAreCalledSo) {
    const auto refused = ask(R"("tools/call","params":{"name":"plain","task":{}})");
    EXPECT_EQ(refused.at("error").at("code"), code::kMethodNotFound);
    const auto plain = ask(R"("tools/call","params":{"name":"greet"})");
    EXPECT_EQ(plain.at("result").at("content").at(0).at("text"), "at once");
    EXPECT_EQ(ask(R"("tools/call","params":{"name":"greet","task":7})").at("error").at("code"),
              code::kInvalidParams);
}

TEST(LegacyTask, AnErrorResultMakesItFail) {
    TaskState task;
    task.id = "t";
    task.status = TaskStatus::completed;
    task.result = error_result("no");
    std::string text;
    legacy::append_task_members(text, task);
    const json::object members = parse_json("{" + text + "}").value().as_object();
    EXPECT_EQ(members.at("status"), "failed");
    EXPECT_EQ(members.at("ttl"), nullptr);
    EXPECT_FALSE(members.contains("pollInterval"));
}

}  // namespace
}  // namespace kimbap::mcp
