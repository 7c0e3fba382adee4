#include <gmock/gmock.h>

#include <atomic>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

class OperatorApi : public ::testing::Test {
protected:
    [[nodiscard]] json::value get(const std::string& target) const {
        const Reply reply = alice_.get(target);
        EXPECT_EQ(reply.status, 200) << target << reply.body;
        EXPECT_EQ(reply.header("Content-Type"), "application/json") << target;
        return *parse_json(reply.body);
    }

    Shop shop_;
    Serving serving_{shop_.kimbap};
    OperatorClient alice_{serving_.url(), shop_.kimbap.operator_token("alice")};
};

TEST_F(OperatorApi, ShowsWhatThereIs) {
    const McpClient bot(serving_.url(), shop_.kimbap.agent_token("bot"));
    EXPECT_FALSE(is_error(bot.call("shop_get-order", {{"order", "1"}})));

    const json::value services = get("/v1/services");
    EXPECT_EQ(services.at("services").at(0).at("name"), "shop");
    EXPECT_EQ(services.at("services").at(0).at("credential_ref"), "shop.token");
    const json::value policies = get("/v1/policies");
    EXPECT_EQ(policies.at("rules").at(0).at("id"), "reads");
    EXPECT_EQ(policies.at("rules").as_array().size(), 3U);
    const json::value secrets = get("/v1/secrets");
    EXPECT_EQ(secrets.at("secrets").at(0).at("name"), "shop.token");
    EXPECT_THAT(to_json(secrets), Not(HasSubstr(kShopToken)));
    const json::value records = get("/v1/audit?kind=call.finished&agent=bot");
    ASSERT_EQ(records.at("records").as_array().size(), 1U);
    EXPECT_EQ(records.at("records").at(0).at("decision").at("policy"), policies.at("digest"));
    const json::value all = get("/v1/audit?since=2026-01-01T00:00:00Z&limit=1");
    EXPECT_EQ(all.at("records").at(0).at("seq"), 1);
    const json::value next = get("/v1/audit?after=1&limit=1");
    EXPECT_EQ(next.at("records").at(0).at("seq"), 2);
    EXPECT_TRUE(get("/v1/connections").at("connections").as_array().empty());
}

TEST_F(OperatorApi, MakesTokensThatWorkUntilTheyAreRevoked) {
    const Reply made =
        alice_.post("/v1/tokens", {{"agent", "temp"}, {"actions", {"shop.get-*"}}, {"ttl", "1h"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.header("Cache-Control"), "no-store");
    const json::value created = *parse_json(made.body);
    const std::string id(created.at("id").as_string());
    const McpClient temp(serving_.url(), std::string(created.at("token").as_string()));
    EXPECT_FALSE(is_error(temp.call("shop_get-order", {{"order", "1"}})));
    const json::object refused = temp.call("shop_refund", {{"order", "1"}, {"amount", 5}});
    EXPECT_THAT(text_of(refused), HasSubstr("does not cover"));

    const std::string list = to_json(get("/v1/tokens"));
    EXPECT_THAT(list, HasSubstr(id));
    EXPECT_THAT(list, Not(HasSubstr(created.at("token").as_string())));
    EXPECT_EQ(alice_.post("/v1/tokens/" + id + ":revoke").status, 200);
    EXPECT_EQ(temp.request("tools/list", {}).status, 401);
}

TEST_F(OperatorApi, CountsCallsByHowTheyEnded) {
    const McpClient bot(serving_.url(), shop_.kimbap.agent_token("bot"));
    EXPECT_FALSE(is_error(bot.call("shop_get-order", {{"order", "1"}})));
    EXPECT_FALSE(is_error(bot.call("shop_get-order", {{"order", "2"}})));
    EXPECT_TRUE(is_error(bot.call("shop_remove", {{"order", "1"}})));
    const Reply metrics = alice_.get("/metrics");
    EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(metrics.body, HasSubstr("kimbap_calls_total{outcome=\"succeeded\"} 2\n"));
    EXPECT_THAT(metrics.body, HasSubstr("kimbap_calls_total{outcome=\"denied\"} 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("kimbap_call_duration_seconds_count 3\n"));
    EXPECT_THAT(metrics.body, HasSubstr("kimbap_approvals_pending 0\n"));
}

// A misspelt or mistyped restriction must not make a token that covers everything.
TEST_F(OperatorApi, RefusesABodyThatMeantSomethingElse) {
    const struct {
        json::object body;
        std::string says;
    } rows[] = {
        {{{"agent", "a"}, {"action", {"shop.*"}}}, "did you mean"},
        {{{"agent", "a"}, {"actions", "shop.*"}}, "array of strings"},
        {{{"agent", "a"}, {"actions", json::array()}}, "every action"},
        {{{"agent", "a"}, {"ttl", 3600}}, "string"},
        {{{"agent", "a"}, {"ttl", "soon"}}, "duration"},
        {{{"agent", "a"}, {"operator", "b"}}, "either"},
        {{}, "either"},
    };
    const std::size_t before = get("/v1/tokens").at("tokens").as_array().size();
    for (const auto& row : rows) {
        const Reply reply = alice_.post("/v1/tokens", row.body);
        EXPECT_EQ(reply.status, 400) << reply.body;
        EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
        EXPECT_THAT(reply.body, HasSubstr(row.says));
    }
    EXPECT_EQ(get("/v1/tokens").at("tokens").as_array().size(), before);
    EXPECT_EQ(
        alice_.post("/v1/policies:explain", {{"action", "shop.refund"}, {"args", "x"}}).status,
        400);
}

TEST_F(OperatorApi, WhoMakesAnAgentsTokenDoesNotDecideAboutItsCalls) {
    const Reply made = alice_.post("/v1/tokens", {{"agent", "mine"}});
    ASSERT_EQ(made.status, 201) << made.body;
    const McpClient agent(serving_.url(),
                          std::string(parse_json(made.body)->at("token").as_string()));
    const json::value held = agent.call("shop_refund", {{"order", "1"}, {"amount", 5}});
    const std::string id = meta_of(held.as_object(), "kimbap/approval");
    const Reply own = alice_.post("/v1/approvals/" + id + ":approve");
    EXPECT_EQ(own.status, 403);
    EXPECT_THAT(own.body, HasSubstr("asked for this call"));
    EXPECT_EQ(shop_.upstream.count(), 0U);
    const OperatorClient bob(serving_.url(), shop_.kimbap.operator_token("bob"));
    EXPECT_EQ(bob.post("/v1/approvals/" + id + ":approve").status, 200);
}

TEST_F(OperatorApi, ExplainsAHypotheticalCall) {
    const Reply reply = alice_.post(
        "/v1/policies:explain",
        {{"action", "shop.refund"}, {"agent", "bot"}, {"args", {{"order", "1"}, {"amount", 5}}}});
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json::value explained = *parse_json(reply.body);
    EXPECT_EQ(explained.at("decision"), "require_approval");
    EXPECT_EQ(explained.at("rule"), "refunds");
    EXPECT_EQ(explained.at("caller"), (json::value{{"agent", "bot"}, {"roles", json::array()}}));
    EXPECT_EQ(shop_.upstream.count(), 0U);
}

TEST_F(OperatorApi, AProvidersFaultIsNoWordOnTheOperator) {
    const struct {
        Answer answer;
        int status;
        std::string_view says;
    } rows[] = {
        {{400, R"({"error":"access_denied"})"}, 502, "access_denied"},
        {{200, "no JSON at all"}, 502, "without a JSON object"},
        {{503, R"({"error":"temporarily_unavailable"})"}, 503, "temporarily_unavailable"},
    };
    std::atomic<std::size_t> asked = 0;
    const Upstream provider([&](const Received&) { return rows[asked++].answer; });
    shop_.kimbap.write("manifests/providers/acme.yaml",
                       "name: acme\nissuer: " + provider.url() + "\ntoken_endpoint: " +
                           provider.url() + "/token\nflows: [client_credentials]\n" +
                           "client: {authentication: client_secret_post, id: kimbap}\n");
    shop_.kimbap.must({"vault", "set", "oauth/acme/client_secret"}, "s3cr3t-of-kimbap");
    const Serving serving(shop_.kimbap);
    const OperatorClient alice(serving.url(), shop_.kimbap.operator_token("alice"));
    for (const auto& row : rows) {
        const Reply reply =
            alice.post("/v1/connections", {{"provider", "acme"}, {"flow", "client_credentials"}});
        EXPECT_EQ(reply.status, row.status) << reply.body;
        EXPECT_THAT(reply.body, HasSubstr(std::string(row.says)));
        EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
    }
    EXPECT_EQ(provider.count(), std::size(rows));
}

TEST_F(OperatorApi, AnswersOtherPathsAndMethodsAsProblems) {
    const struct {
        std::string target;
        int status;
    } rows[] = {
        {"/v1/nothing", 404},
        {"/v1/approvals/apr_none", 404},
        {"/v1/approvals?state=odd", 400},
        {"/v1/approvals?limit=0", 400},
        {"/v1/approvals?sate=pending", 400},
        {"/v1/approvals?before=zz", 400},
        {"/v1/audit?since=then", 400},
        {"/v1/audit?after=-1", 400},
        {"/v1/audit?after=x", 400},
        {"/v1/policies:explain", 405},
    };
    for (const auto& row : rows) {
        const Reply reply = alice_.get(row.target);
        EXPECT_EQ(reply.status, row.status) << row.target;
        EXPECT_EQ(reply.header("Content-Type"), "application/problem+json") << row.target;
        EXPECT_EQ(parse_json(reply.body)->at("status"), row.status) << row.target;
    }
    EXPECT_EQ(alice_.get("/v1/policies:explain").header("Allow"), "POST");
}

}  // namespace
}  // namespace kimbap::test
