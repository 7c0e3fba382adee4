#include "mcp/transport/stdio_transport.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/json_text.hpp"
#include "mcp/server.hpp"
#include "unit/mcp/support/fake_providers.hpp"

namespace kimbap::mcp::test {
namespace {

constexpr const char* kMeta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

class StdioTest : public testing::Test {
protected:
    StdioTest() : server_(options(), Providers{&tools_, nullptr, &resources_, nullptr, nullptr}) {
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, in_);
        ::socketpair(AF_UNIX, SOCK_STREAM, 0, out_);
        ::fcntl(out_[0], F_SETFL, O_NONBLOCK);
        transport_.emplace(server_, std::make_shared<const Principal>("local"), in_[1], out_[1]);
        asio::co_spawn(context_, transport_->run(), [this](std::exception_ptr) { done_ = true; });
    }
    ~StdioTest() override {
        close_input();
        for (const int fd : {in_[1], out_[0], out_[1]}) ::close(fd);
    }

    static ServerOptions options() {
        ServerOptions options;
        options.limits.max_line_bytes = 4096;
        options.limits.max_pending_requests = 4;
        return options;
    }

    void send(const std::string& line) {
        const auto text = line + "\n";
        ASSERT_EQ(::write(in_[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void close_input() {
        if (in_[0] != -1) ::close(in_[0]);
        in_[0] = -1;
    }

    bool run_until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            context_.restart();
            context_.run_one_for(std::chrono::milliseconds(20));
            read_output();
        }
        return true;
    }

    void read_output() {
        char buffer[4096];
        for (;;) {
            const auto size = ::read(out_[0], buffer, sizeof buffer);
            if (size <= 0) break;
            pending_.append(buffer, static_cast<std::size_t>(size));
        }
        std::size_t end = 0;
        while ((end = pending_.find('\n')) != std::string::npos) {
            auto parsed = parse_json(pending_.substr(0, end));
            ASSERT_TRUE(parsed) << pending_;
            messages_.push_back(std::move(*parsed));
            pending_.erase(0, end + 1);
        }
    }
    bool await_messages(std::size_t count) {
        return run_until([&] { return messages_.size() >= count; });
    }

    asio::io_context context_;
    FakeTools tools_;
    FakeResources resources_;
    Server server_;
    std::optional<StdioTransport> transport_;
    int in_[2] = {-1, -1};
    int out_[2] = {-1, -1};
    bool done_ = false;
    std::string pending_;
    std::vector<json::value> messages_;
};

std::string modern(int id, std::string method, std::string params) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method +
           R"(","params":{)" + params + (params.empty() ? "" : ",") + kMeta + "}}";
}

const char* const kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}})";

TEST_F(StdioTest, ServesBothErasAtOnce) {
    send(modern(1, "server/discover", ""));
    send(kInitialize);
    send(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}})");
    send(modern(3, "tools/call", R"("name":"echo")"));
    ASSERT_TRUE(await_messages(4));
    EXPECT_TRUE(messages_[0].at("result").as_object().contains("supportedVersions"));
    EXPECT_EQ(messages_[1].at("result").at("protocolVersion"), "2025-06-18");
    EXPECT_FALSE(messages_[2].at("result").as_object().contains("resultType"));
    EXPECT_EQ(messages_[3].at("result").at("resultType"), "complete");
    EXPECT_EQ(tools_.last_principal, "local");
    close_input();
    EXPECT_TRUE(run_until([&] { return done_; }));
}

TEST_F(StdioTest, AnswersWhatRunsAfterTheInputEnded) {
    send(modern(1, "tools/call", R"("name":"wait")"));
    ASSERT_TRUE(run_until([&] { return tools_.calls == 1; }));
    close_input();
    tools_.release();
    ASSERT_TRUE(run_until([&] { return done_; }));
    read_output();
    ASSERT_EQ(messages_.size(), 1U);
    EXPECT_EQ(messages_[0].at("id"), 1);
}

TEST_F(StdioTest, AMessageWithoutItsNewlineCountsAtTheEnd) {
    const std::string text = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
    ASSERT_GT(::write(in_[0], text.data(), text.size()), 0);
    close_input();
    ASSERT_TRUE(run_until([&] { return done_; }));
    read_output();
    ASSERT_EQ(messages_.size(), 1U);
}

TEST_F(StdioTest, ReportsBadLinesAndGoesOn) {
    send("{");
    send(std::string(5000, 'x'));
    send("");
    send(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    send(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
    ASSERT_TRUE(await_messages(4));
    EXPECT_EQ(messages_[0].at("error").at("code"), -32700);
    EXPECT_FALSE(messages_[0].as_object().contains("id"));
    EXPECT_EQ(messages_[1].at("error").at("code"), -32600);
    EXPECT_EQ(messages_[2].at("error").at("code"), -32602);
    EXPECT_EQ(to_json(messages_[3]), R"({"jsonrpc":"2.0","id":2,"result":{}})");
}

TEST_F(StdioTest, GivesOlderRevisionsANullId) {
    send(kInitialize);
    send("{");
    ASSERT_TRUE(await_messages(2));
    EXPECT_TRUE(messages_[1].at("id").is_null());
}

TEST_F(StdioTest, ServesSeveralAtOnceAndBoundsThem) {
    for (int id = 1; id <= 5; ++id) send(modern(id, "tools/call", R"("name":"wait")"));
    ASSERT_TRUE(await_messages(1));
    EXPECT_EQ(messages_[0].at("error").at("code"), -31002);
    EXPECT_EQ(messages_[0].at("id"), 5);
    send(modern(1, "tools/call", R"("name":"echo")"));
    ASSERT_TRUE(await_messages(2));
    EXPECT_EQ(messages_[1].at("error").at("code"), -32600) << "the id is in use";
    server_.cancel_all();
    ASSERT_TRUE(await_messages(6)) << "who did not cancel is answered";
    EXPECT_EQ(server_.running_requests(), 0U);
    EXPECT_EQ(tools_.cancelled, 4);
}

TEST_F(StdioTest, CancelsInBothErasAndThenSaysNothing) {
    send(kInitialize);
    send(modern(1, "tools/call", R"("name":"wait")"));
    ASSERT_TRUE(run_until([&] { return tools_.calls == 1; }));
    send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
    ASSERT_TRUE(run_until([&] { return tools_.cancelled == 1; }));
    send(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait"}})");
    ASSERT_TRUE(run_until([&] { return tools_.calls == 2; }));
    send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}})");
    ASSERT_TRUE(run_until([&] { return tools_.cancelled == 2; }));
    send(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
    ASSERT_TRUE(await_messages(2));
    EXPECT_EQ(messages_[1].at("id"), 3);
}

TEST_F(StdioTest, AsksALegacyClient) {
    send(kInitialize);
    send(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}})");
    ASSERT_TRUE(await_messages(2));
    EXPECT_EQ(messages_[1].at("method"), "elicitation/create");
    send(R"({"jsonrpc":"2.0","id":)" + to_json(messages_[1].at("id")) +
         R"(,"result":{"action":"decline"}})");
    ASSERT_TRUE(await_messages(3));
    EXPECT_EQ(messages_[2].at("id"), 1);
    EXPECT_TRUE(messages_[2].as_object().contains("result"));
}

TEST_F(StdioTest, ListensUntilCancelled) {
    send(modern(7, "subscriptions/listen", R"("notifications":{"toolsListChanged":true})"));
    ASSERT_TRUE(await_messages(1));
    EXPECT_EQ(messages_[0].at("method"), "notifications/subscriptions/acknowledged");
    server_.tools_changed();
    ASSERT_TRUE(await_messages(2));
    EXPECT_EQ(messages_[1].at("params").at("_meta").at("io.modelcontextprotocol/subscriptionId"),
              7);
    send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})");
    send(R"({"jsonrpc":"2.0","id":8,"method":"ping"})");
    ASSERT_TRUE(await_messages(3));
    server_.tools_changed();
    send(R"({"jsonrpc":"2.0","id":9,"method":"ping"})");
    ASSERT_TRUE(await_messages(4));
    EXPECT_EQ(messages_[3].at("id"), 9);
}

TEST_F(StdioTest, DrainingEndsIt) {
    send(modern(7, "subscriptions/listen", R"("notifications":{"toolsListChanged":true})"));
    send(modern(1, "tools/call", R"("name":"wait")"));
    ASSERT_TRUE(run_until([&] { return tools_.calls == 1 && messages_.size() == 1; }));
    server_.drain();
    ASSERT_TRUE(await_messages(2));
    EXPECT_EQ(messages_[1].at("id"), 7);
    tools_.release();
    ASSERT_TRUE(run_until([&] { return done_; }));
    read_output();
    ASSERT_EQ(messages_.size(), 3U);
    EXPECT_EQ(messages_[2].at("id"), 1);
}

TEST_F(StdioTest, LeavesTheDescriptorsAsTheyWere) {
    const int flags = ::fcntl(in_[1], F_GETFL);
    send(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
    ASSERT_TRUE(await_messages(1));
    close_input();
    ASSERT_TRUE(run_until([&] { return done_; }));
    EXPECT_EQ(::fcntl(in_[1], F_GETFL), flags);
}

}  // namespace
}  // namespace kimbap::mcp::test
