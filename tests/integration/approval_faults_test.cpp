#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <future>
#include <mutex>
#include <semaphore>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

json::object refund_of(const std::string& order) {
    return {{"order", order}, {"amount", 4900}};
}

std::vector<json::object> approvals(const Installation& kimbap) {
    std::vector<json::object> out;
    const json::value list = kimbap.json({"approval", "list", "--limit", "1000"});
    for (const json::value& one : list.at("approvals").as_array()) out.push_back(one.as_object());
    return out;
}

/// "pending", or "approved/done": state and execution.
std::string standing(const json::object& approval) {
    std::string out(approval.at("state").as_string());
    if (const json::value* execution = approval.if_contains("execution")) {
        out += "/" + std::string(execution->as_string());
    }
    return out;
}

std::string standing(const Installation& kimbap, const std::string& id) {
    return standing(kimbap.json({"approval", "show", id}).as_object());
}

std::string pending(const Installation& kimbap) {
    std::string id;
    eventually("an approval", [&] {
        for (const json::object& one : approvals(kimbap)) {
            if (standing(one) == "pending") id = std::string(one.at("id").as_string());
        }
        return !id.empty();
    });
    return id;
}

/// How often the upstream saw each order's refund.
std::map<std::string, int> refunds(const Upstream& upstream) {
    std::map<std::string, int> out;
    for (const Received& request : upstream.requests()) {
        if (request.method == "POST") ++out[request.target];
    }
    return out;
}

/// A shop whose kimbap dies where a test says, and whose clock jumps.
class FailingShop : public Shop {
public:
    explicit FailingShop(std::string_view config = "", Upstream::Handler handler = order)
        : Shop(config, std::move(handler)) {
        kimbap.binary = Installation::failing_binary();
        kimbap.environment["KIMBAP_CLOCK_SKEW"] = kimbap.path("skew");
        set_clock(0ms);
    }
    void set_clock(std::chrono::milliseconds ahead) const {
        kimbap.write("skew", std::to_string(ahead.count()));
    }
};

struct Step {
    std::string point;     ///< Where the process dies.
    std::string standing;  ///< How the approval stands in the end; "" where there is none.
    int refunds;           ///< How often the upstream saw the call by then.
};

void PrintTo(const Step& step, std::ostream* out) {
    *out << step.point;
}

/// Every step of an approved call's life, from the row to the outcome.
const std::vector<Step> kSteps{
    {"approval.request.begins", "", 0},
    {"approval.request.written", "", 0},
    {"approval.request.committed", "pending", 0},
    {"approval.decide.begins", "pending", 0},
    {"approval.decide.written", "pending", 0},
    {"approval.decide.committed", "approved/done", 1},
    {"approval.claim.begins", "approved/done", 1},
    {"approval.claim.written", "approved/done", 1},
    // From the claim on, only a look at the upstream could tell whether the call ran.
    {"approval.claim.committed", "approved/unknown", 0},
    {"call.credential", "approved/unknown", 0},
    {"call.started", "approved/unknown", 0},
    {"call.answered", "approved/unknown", 1},
    {"approval.finish.begins", "approved/unknown", 1},
    {"approval.finish.written", "approved/unknown", 1},
    {"approval.finish.committed", "approved/done", 1},
};

class KilledAt : public testing::TestWithParam<Step> {};

TEST_P(KilledAt, NothingIsLostAndNothingRunsTwice) {
    const Step& step = GetParam();
    FailingShop shop("approvals: {hold: 30s}\n");
    const std::string agent = shop.kimbap.agent_token("bot");
    const std::string alice = shop.kimbap.operator_token("alice");
    shop.kimbap.environment["KIMBAP_FAILPOINT"] = step.point;
    {
        Serving serving(shop.kimbap);
        const std::string url = serving.url();
        auto call = std::async(std::launch::async, [&] {
            McpClient(url, agent)
                .request("tools/call", {{"name", "shop_refund"}, {"arguments", refund_of("1")}});
        });
        if (!step.point.starts_with("approval.request.")) {
            const std::string id = pending(shop.kimbap);
            static_cast<void>(OperatorClient(url, alice).post("/v1/approvals/" + id + ":approve"));
        }
        ASSERT_EQ(serving.program().wait(), 128 + SIGKILL);
        call.wait();
    }
    shop.kimbap.environment.erase("KIMBAP_FAILPOINT");
    shop.set_clock(60s);  // past the lease of who died

    Serving serving(shop.kimbap);
    const auto left = approvals(shop.kimbap);
    ASSERT_EQ(left.size(), step.standing.empty() ? 0U : 1U);
    const McpClient bot(serving.url(), agent);
    const OperatorClient deciding(serving.url(), alice);
    std::string id;
    if (step.standing.empty()) {
        // Nothing was promised to the agent: it asks again, and its call runs once approved.
        auto again =
            std::async(std::launch::async, [&] { return bot.call("shop_refund", refund_of("1")); });
        id = pending(shop.kimbap);
        EXPECT_EQ(deciding.post("/v1/approvals/" + id + ":approve").status, 200);
        EXPECT_FALSE(is_error(again.get()));
        EXPECT_EQ(approvals(shop.kimbap).size(), 1U);
    } else if (step.standing == "pending") {
        id = std::string(left[0].at("id").as_string());
        EXPECT_EQ(standing(left[0]), "pending");
        EXPECT_EQ(shop.upstream.count(), 0U);
        EXPECT_EQ(deciding.post("/v1/approvals/" + id + ":approve").status, 200);
        const json::object outcome =
            bot.call("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
        EXPECT_FALSE(is_error(outcome)) << to_json(outcome);
        EXPECT_EQ(standing(shop.kimbap, id), "approved/done");
    } else {
        id = std::string(left[0].at("id").as_string());
        eventually("the end of it", [&] { return standing(shop.kimbap, id) == step.standing; });
        EXPECT_EQ(shop.upstream.count(), static_cast<std::size_t>(step.refunds));
        const json::object outcome =
            bot.call("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 5}});
        const bool known = step.standing == "approved/done";
        EXPECT_EQ(is_error(outcome), !known) << to_json(outcome);
        if (!known) {
            EXPECT_THAT(text_of(outcome), HasSubstr("unknown"));
        }
    }
    // Whoever approves again, and however long one waits, it doesn't run a second time.
    const std::size_t runs = shop.upstream.count();
    static_cast<void>(deciding.post("/v1/approvals/" + id + ":approve"));
    shop.set_clock(180s);
    std::this_thread::sleep_for(1500ms);
    EXPECT_EQ(shop.upstream.count(), runs);
    EXPECT_LE(runs, 1U);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryStep, KilledAt, testing::ValuesIn(kSteps), [](const auto& info) {
    std::string name = info.param.point;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '.'; }, '_');
    return name;
});

TEST(ApprovalFaults, TwoProcessesApproveAtTheSameInstant200Times) {
    constexpr int kTimes = 200;
    Shop shop("approvals: {hold: 0s, max_pending_per_caller: 250}\n");
    Serving one(shop.kimbap), two(shop.kimbap);
    const McpClient agent(one.url(), shop.kimbap.agent_token("bot"));
    const OperatorClient alice(one.url(), shop.kimbap.operator_token("alice"));
    const OperatorClient bob(two.url(), shop.kimbap.operator_token("bob"));
    std::vector<std::string> ids;
    for (int i = 0; i < kTimes; ++i) {
        ids.push_back(
            meta_of(agent.call("shop_refund", refund_of(std::to_string(i))), "kimbap/approval"));
    }
    std::atomic<int> approved = 0, refused = 0, strange = 0;
    std::barrier together(2);
    const auto approve_all = [&](const OperatorClient& who) {
        for (const std::string& id : ids) {
            together.arrive_and_wait();
            const int status = who.post("/v1/approvals/" + id + ":approve").status;
            ++(status == 200 ? approved : status == 409 ? refused : strange);
        }
    };
    std::thread first([&] { approve_all(alice); }), second([&] { approve_all(bob); });
    first.join();
    second.join();
    EXPECT_EQ(approved, kTimes);
    EXPECT_EQ(refused, kTimes);
    EXPECT_EQ(strange, 0);
    eventually("every call's end", [&] {
        const auto all = approvals(shop.kimbap);
        return std::all_of(all.begin(), all.end(),
                           [](const auto& one) { return standing(one) == "approved/done"; });
    });
    const auto seen = refunds(shop.upstream);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kTimes));
    for (const auto& [target, times] : seen) EXPECT_EQ(times, 1) << target;
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

/// Holds the database's write lock, as a backup tool or a stuck process would, for `seconds`.
Program locker(const Installation& kimbap, int seconds) {
    const std::string script =
        "import sqlite3, sys, time\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\n"
        "time.sleep(float(sys.argv[2]))\n"
        "c.execute('ROLLBACK')\n";
    return Program(
        {"/usr/bin/python3", "-c", script, kimbap.path("data/kimbap.db"), std::to_string(seconds)},
        {});
}

TEST(ApprovalFaults, ADatabaseLockedForTenSecondsDelaysAndLosesNothing) {
    std::binary_semaphore arrived(0), release(0);
    Shop shop("approvals: {hold: 50s}\n", [&](const Received& request) {
        if (request.target.find("/running/") != std::string::npos) {
            arrived.release();
            release.acquire();
        }
        return Shop::order(request);
    });
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    const auto call = [&](const std::string& order) {
        return std::async(std::launch::async,
                          [&, order] { return agent.call("shop_refund", refund_of(order)); });
    };
    auto running = call("running");
    const std::string running_id = pending(shop.kimbap);
    ASSERT_EQ(alice.post("/v1/approvals/" + running_id + ":approve").status, 200);
    arrived.acquire();
    auto waiting = call("waiting");
    const std::string waiting_id = pending(shop.kimbap);

    Program lock = locker(shop.kimbap, 10);
    ASSERT_EQ(lock.read_line(), "locked");
    release.release();  // its end can't be stored now
    auto asked = call("asked");
    auto decided = std::async(std::launch::async, [&] {
        return alice.post("/v1/approvals/" + waiting_id + ":approve").status;
    });
    EXPECT_EQ(lock.wait(), 0);
    EXPECT_EQ(decided.get(), 200);
    EXPECT_FALSE(is_error(running.get()));
    EXPECT_FALSE(is_error(waiting.get()));
    const std::string asked_id = pending(shop.kimbap);
    EXPECT_EQ(alice.post("/v1/approvals/" + asked_id + ":approve").status, 200);
    EXPECT_FALSE(is_error(asked.get()));
    for (const auto& [target, times] : refunds(shop.upstream)) EXPECT_EQ(times, 1) << target;
    EXPECT_EQ(refunds(shop.upstream).size(), 3U);
    for (const json::object& one : approvals(shop.kimbap))
        EXPECT_EQ(standing(one), "approved/done");
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

TEST(ApprovalFaults, DecisionsAtTheInstantOfExpiryEitherCountOrDoNot) {
    constexpr int kTimes = 40;
    Shop shop("approvals: {hold: 0s, expires: 1s}\n");
    Serving serving(shop.kimbap);
    const McpClient agent(serving.url(), shop.kimbap.agent_token("bot"));
    const OperatorClient alice(serving.url(), shop.kimbap.operator_token("alice"));
    std::map<std::string, int> statuses;
    for (int i = 0; i < kTimes; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        const std::string id =
            meta_of(agent.call("shop_refund", refund_of(std::to_string(i))), "kimbap/approval");
        // From 20 ms before the expiry to 20 ms after it.
        std::this_thread::sleep_until(begin + 980ms + std::chrono::milliseconds(i));
        statuses[id] = alice.post("/v1/approvals/" + id + ":approve").status;
    }
    std::size_t counted = 0;
    eventually("every end", [&] {
        counted = 0;
        for (const json::object& one : approvals(shop.kimbap)) {
            const std::string id(one.at("id").as_string());
            const std::string now = standing(one);
            if (now != "approved/done" && now != "expired") return false;
            EXPECT_EQ(statuses.at(id), now == "expired" ? 409 : 200) << id;
            counted += now == "approved/done" ? 1 : 0;
        }
        return true;
    });
    EXPECT_EQ(shop.upstream.count(), counted);
    for (const auto& [target, times] : refunds(shop.upstream)) EXPECT_EQ(times, 1) << target;
}

TEST(ApprovalFaults, AJumpingClockLosesAndRepeatsNothing) {
    std::binary_semaphore arrived(0), release(0);
    FailingShop shop("approvals: {hold: 50s}\n", [&](const Received& request) {
        arrived.release();
        release.acquire();
        return Shop::order(request);
    });
    Serving one(shop.kimbap), two(shop.kimbap);
    const McpClient agent(one.url(), shop.kimbap.agent_token("bot"));
    const OperatorClient alice(two.url(), shop.kimbap.operator_token("alice"));
    auto call =
        std::async(std::launch::async, [&] { return agent.call("shop_refund", refund_of("1")); });
    const std::string id = pending(shop.kimbap);
    shop.set_clock(-1h);  // nothing is over that early
    std::this_thread::sleep_for(1200ms);
    EXPECT_EQ(standing(shop.kimbap, id), "pending");
    EXPECT_EQ(alice.post("/v1/approvals/" + id + ":approve").status, 200);
    arrived.acquire();
    // Ahead, past the lease: whether another process gives the call up or not, it isn't run again,
    // and who runs it still says how it ended.
    shop.set_clock(1h);
    std::this_thread::sleep_for(2500ms);
    release.release();
    EXPECT_FALSE(is_error(call.get()));
    eventually("the end", [&] { return standing(shop.kimbap, id) == "approved/done"; });
    EXPECT_EQ(shop.upstream.count(), 1U);

    auto late =
        std::async(std::launch::async, [&] { return agent.call("shop_refund", refund_of("2")); });
    const std::string second = pending(shop.kimbap);
    shop.set_clock(2h);
    EXPECT_THAT(text_of(late.get()), HasSubstr("expired"));
    EXPECT_EQ(alice.post("/v1/approvals/" + second + ":approve").status, 409);
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_EQ(shop.kimbap.kimbap({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace kimbap::test
