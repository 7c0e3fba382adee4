#include <gmock/gmock.h>
#include <grp.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::HasSubstr;

TEST(FullDisk, RefusesCallsWithTheReasonAndServesOnOnceThereIsRoom) {
    Shop shop;
    const std::string token = shop.kimbap.agent_token("bot");
    // A limit on the size of files is how a disk without room looks to the log.
    shop.kimbap.file_size_limit = 600U << 10;
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), token);
    json::object last;
    std::size_t answered = 0;
    for (int i = 0; i < 5000; ++i) {
        last = agent.call("shop_get-order", {{"order", "1"}, {"expand", std::string(2000, 'x')}});
        if (is_error(last)) break;
        ++answered;
    }
    ASSERT_TRUE(is_error(last)) << "the limit was never reached";
    EXPECT_THAT(text_of(last), HasSubstr("audit"));
    EXPECT_EQ(http(serving.url(), "GET", "/healthz").status, 200);
    // A small write may still fit where a call's record did not.
    eventually("the disk to be full for the smallest write", [&] {
        static_cast<void>(agent.call("shop_get-order", {{"order", "1"}}));
        const Reply ready = http(serving.url(), "GET", "/readyz");
        return ready.status == 503 && ready.body.find("the disk is full") != std::string::npos;
    });
    // What acts is refused before it leaves.
    const std::size_t before = shop.upstream.count();
    EXPECT_TRUE(is_error(agent.call("shop_refund", {{"order", "1"}, {"amount", 1}})));
    EXPECT_EQ(shop.upstream.count(), before);
    EXPECT_EQ(serving.stop(), 0);

    shop.kimbap.file_size_limit = 0;
    EXPECT_EQ(shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=1"}).code, 0);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
    std::size_t logged = 0;
    for (const json::object& record : shop.kimbap.audit()) {
        if (record.at("kind") == "call.finished" &&
            record.at("execution").at("status") == "succeeded") {
            ++logged;
        }
    }
    EXPECT_GE(logged, answered + 1);  // nothing that was answered is missing
}

TEST(ReadOnlyDisk, IsSaidAtTheStart) {
    if (::geteuid() == 0) GTEST_SKIP() << "root writes everywhere";
    Shop shop;
    const std::filesystem::path data = shop.kimbap.path("data");
    std::filesystem::permissions(data / "kimbap.db", std::filesystem::perms(0400));
    std::filesystem::permissions(data, std::filesystem::perms(0500));
    const Ran ran = shop.kimbap.kimbap({"serve", "--listen", "127.0.0.1:0"});
    std::filesystem::permissions(data, std::filesystem::perms(0700));
    EXPECT_NE(ran.code, 0);
    EXPECT_THAT(ran.err, HasSubstr("data"));
}

TEST(Kill, LosesNoRecordOfAnAnsweredCall) {
    Shop shop;
    const std::string token = shop.kimbap.agent_token("bot");
    std::atomic<std::size_t> answered{0};
    {
        Serving serving(shop.kimbap);
        std::atomic<bool> stop{false};
        std::vector<std::thread> agents;
        for (int i = 0; i < 4; ++i) {
            agents.emplace_back([&] {
                const McpClient agent(serving.url(), token);
                while (!stop) {
                    try {
                        if (is_error(agent.call("shop_get-order", {{"order", "1"}}))) break;
                        ++answered;
                    } catch (const std::exception&) {
                        break;  // killed
                    }
                }
            });
        }
        eventually("some answers", [&] { return answered > 200; });
        serving.program().signal(SIGKILL);
        serving.program().wait();
        stop = true;
        for (std::thread& agent : agents) agent.join();
    }
    const Ran verified = shop.kimbap.kimbap({"audit", "verify"});
    EXPECT_EQ(verified.code, 0) << verified.err;
    std::size_t logged = 0;
    for (const json::object& record : shop.kimbap.audit()) {
        if (record.at("kind") == "call.finished") ++logged;
    }
    EXPECT_GE(logged, answered.load());
}

TEST(ManyProcesses, ShareOneDataDirectory) {
    Shop shop;
    Serving serving(shop.kimbap);
    const std::string token = shop.kimbap.agent_token("bot");
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        const McpClient agent(serving.url(), token);
        for (int i = 0; i < 100; ++i)
            failed += is_error(agent.call("shop_get-order", {{"order", "1"}}));
    });
    threads.emplace_back([&] {
        StdioClient local(shop.kimbap.start({"mcp"}));
        for (int i = 0; i < 100; ++i)
            failed += is_error(local.call("shop_get-order", {{"order", "2"}}));
    });
    threads.emplace_back([&] {
        for (int i = 0; i < 8; ++i) {
            failed += shop.kimbap.kimbap({"call", "shop.get-order", "--arg", "order=3"}).code != 0;
            failed += shop.kimbap.kimbap({"vault", "set", "other"}, "value").code != 0;
        }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(shop.upstream.count(), 208U);
    const Ran verified = shop.kimbap.kimbap({"audit", "verify"});
    EXPECT_EQ(verified.code, 0) << verified.err;
}

}  // namespace
}  // namespace kimbap::test
