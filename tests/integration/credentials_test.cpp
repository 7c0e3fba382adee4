#include <gmock/gmock.h>

#include <thread>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "integration/hostile.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// With characters that every encoding writes differently.
constexpr std::string_view kToken = "tok/7f3a+9c51=d2e8_4b60~\"x\\y";
constexpr std::string_view kPair = "shop-user:pass/w0rd+\"1234567";

/// One service for each way to inject, with an action for each of the upstream's tricks.
constexpr std::string_view kManifest = R"(name: @NAME@
version: 1.0.0
description: Means ill
base_url: @BASE@
auth: @AUTH@
@MORE@
actions:
  ask:
    description: Ask
    method: GET
    path: /{what}/{how}
    risk: {level: low, mutating: false}
    idempotent: true
    args: [{name: what, type: string, required: true}, {name: how, type: string, required: true}]
    request: {path_params: {what: "{what}", how: "{how}"}}
  tell:
    description: Tell
    method: POST
    path: /{what}/{how}
    risk: {level: low, mutating: true}
    args:
      - {name: what, type: string, required: true}
      - {name: how, type: string, required: true}
      - {name: note, type: string, default: nothing}
    request: {path_params: {what: "{what}", how: "{how}"}, body: {note: "{note}"}}
  redirect:
    description: Be sent on
    method: GET
    path: /redirect/{status}/{where}
    risk: {level: low, mutating: false}
    args: [{name: status, type: string, required: true}, {name: where, type: string, required: true}]
    request: {path_params: {status: "{status}", where: "{where}"}}
  redirect-post:
    description: Be sent on
    method: POST
    path: /redirect/{status}/{where}
    risk: {level: low, mutating: true}
    args: [{name: status, type: string, required: true}, {name: where, type: string, required: true}]
    request: {path_params: {status: "{status}", where: "{where}"}, body: {a: b}}
  stream:
    description: Listen
    method: GET
    path: /stream/{size}
    risk: {level: low, mutating: false}
    args: [{name: size, type: string, required: true}]
    request: {path_params: {size: "{size}"}}
    response: {type: text, stream: sse}
)";

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
    text.replace(text.find(mark), mark.size(), by);
    return text;
}

class Credentials : public ::testing::Test {
protected:
    Credentials() : kimbap_("egress: {timeout: 2s}\nlog: {level: debug}\n") {
        kimbap_.policy("all",
                       "version: 1.0.0\nrules:\n  - {id: all, match: {}, decision: allow}\n");
        service("bearer", "{type: bearer, credential_ref: token}");
        service("basic", "{type: basic, credential_ref: pair}");
        service("header",
                "{type: header, credential_ref: token, header_name: X-Key, prefix: \"K \"}");
        service("query", "{type: query, credential_ref: token, query_param: key}");
        service("body", "{type: body, credential_ref: token, body_field: key}");
        service("listed", "{type: bearer, credential_ref: token}",
                "redirects_to: [" + upstream_.other_url() + "]");
        service("carrying", "{type: query, credential_ref: token, query_param: key}",
                "redirects_to: [" + upstream_.other_url() + "]");
        kimbap_.must({"vault", "set", "token"}, kToken);
        kimbap_.must({"vault", "set", "pair"}, kPair);
        serving_.emplace(kimbap_);
        token_ = kimbap_.agent_token("bot");
        agent_.emplace(serving_->url(), token_);
    }

    void service(const std::string& name, const std::string& auth, const std::string& more = "") {
        std::string text = replaced(std::string(kManifest), "@NAME@", name);
        text = replaced(replaced(text, "@AUTH@", auth), "@MORE@", more);
        kimbap_.manifest(name, text, upstream_.url());
    }

    std::string redirected(const std::string& tool, const std::string& status,
                           const std::string& where) {
        return to_json(json::value(agent_->call(tool, {{"status", status}, {"where", where}})));
    }

    /// A streaming call whose progress is asked for.
    Reply stream(const std::string& tool, const std::string& size) {
        const json::object body{
            {"jsonrpc", "2.0"},
            {"id", 1},
            {"method", "tools/call"},
            {"params",
             {{"name", tool},
              {"arguments", {{"size", size}}},
              {"_meta",
               {{"progressToken", "p"},
                {"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                {"io.modelcontextprotocol/clientCapabilities", json::object{}},
                {"io.modelcontextprotocol/clientInfo", {{"name", "t"}, {"version", "1"}}}}}}}};
        return http(serving_->url(), "POST", "/mcp",
                    {{"Authorization", "Bearer " + token_},
                     {"Content-Type", "application/json"},
                     {"Accept", "application/json, text/event-stream"},
                     {"MCP-Protocol-Version", "2026-07-28"},
                     {"Mcp-Method", "tools/call"},
                     {"Mcp-Name", tool}},
                    to_json(json::value(body)));
    }

    /// Nothing of either credential, whatever the encoding.
    static void expect_clean(const std::string& text, const std::string& context) {
        const std::string password(kPair.substr(kPair.find(':') + 1));
        for (const std::string& secret : {std::string(kToken), password}) {
            std::string json;
            append_json_string(json, secret);
            for (const std::string& form :
                 {secret, json.substr(1, json.size() - 2), percent_encode(secret),
                  percent_encode(percent_encode(secret))}) {
                EXPECT_THAT(text, Not(HasSubstr(form))) << context;
            }
        }
        // Most of what base64 makes of them, at each alignment.
        for (std::size_t before = 0; before < 3; ++before) {
            for (const std::string_view secret : {kToken, kPair}) {
                const std::string text64 =
                    base64_encode(std::string(before, 'x') + std::string(secret));
                EXPECT_THAT(text, Not(HasSubstr(text64.substr(4, 16)))) << context;
            }
        }
    }

    HostileUpstream upstream_;
    Installation kimbap_;
    std::optional<Serving> serving_;
    std::string token_;
    std::optional<McpClient> agent_;
};

TEST_F(Credentials, AreInjectedWhereTheManifestSaysAndCutOutOfEverySpelling) {
    const std::vector<std::string> spellings{"plain",  "json",     "slashes",     "unicode",
                                             "twice",  "percent",  "percent-all", "percent-twice",
                                             "base64", "base64-1", "base64-2",    "base64url"};
    for (const std::string service : {"bearer", "basic", "header", "query", "body"}) {
        for (const std::string& how : spellings) {
            for (const std::string what : {"echo", "fields"}) {
                const std::string tool = service + (service == "body" ? "_tell" : "_ask");
                const json::object result = agent_->call(tool, {{"what", what}, {"how", how}});
                const std::string text = to_json(json::value(result));
                EXPECT_THAT(text, HasSubstr("[redacted]")) << tool << " " << how;
                expect_clean(text, tool + " " + what + " " + how);
            }
        }
    }
    for (const char* service : {"bearer", "basic", "header", "query"}) {
        const json::object result =
            agent_->call(std::string(service) + "_ask", {{"what", "error"}, {"how", "500"}});
        EXPECT_TRUE(is_error(result));
        expect_clean(to_json(json::value(result)), service);
    }
    // Nor is there anything in what kimbap writes or counts.
    expect_clean(serving_->program().errors(), "the log");
    expect_clean(kimbap_.must({"audit", "export"}), "the audit log");
    const std::string token = kimbap_.operator_token("alice");
    expect_clean(
        http(serving_->url(), "GET", "/metrics", {{"Authorization", "Bearer " + token}}).body,
        "the metrics");
    for (const char* file : {"data/kimbap.db", "data/kimbap.db-wal"}) {
        expect_clean(kimbap_.read(file), file);
    }
}

TEST_F(Credentials, AreCutOutOfStreamsHoweverTheyAreSplit) {
    for (const char* service : {"bearer", "basic", "header", "query"}) {
        for (const char* size : {"1", "7", "4096"}) {
            const Reply reply = stream(std::string(service) + "_stream", size);
            EXPECT_THAT(reply.body, HasSubstr("notifications/progress"));
            EXPECT_THAT(reply.body, HasSubstr("[redacted]")) << service << " " << size;
            expect_clean(reply.body, service);
        }
    }
}

TEST_F(Credentials, FollowARedirectOnTheSameOriginAlone) {
    for (const char* status : {"301", "302", "303", "307", "308"}) {
        const std::string same = redirected("bearer_redirect", status, "same");
        EXPECT_THAT(same,
                    AllOf(HasSubstr("Bearer [redacted]"), Not(HasSubstr("\"isError\":true"))));
        for (const char* where :
             {"other", "carrying", "protocol-relative", "name", "metadata", "decimal", "user"}) {
            for (const char* tool : {"bearer_redirect", "query_redirect"}) {
                const std::string refused = redirected(tool, status, where);
                EXPECT_THAT(refused, AllOf(HasSubstr("\"isError\":true"), HasSubstr("refused")))
                    << tool << " " << where;
                expect_clean(refused, where);
            }
        }
        EXPECT_THAT(redirected("bearer_redirect-post", status, "same"),
                    AllOf(HasSubstr("\"isError\":true"), HasSubstr("only GET and HEAD")));
    }
    EXPECT_THAT(redirected("bearer_redirect", "302", "loop"),
                HasSubstr("one redirect after the other"));
    EXPECT_EQ(upstream_.heard_elsewhere().find("other:"), std::string::npos);
}

TEST_F(Credentials, AreLostOnTheWayToAnOriginThatTheManifestAllows) {
    const std::string there = redirected("listed_redirect", "302", "other");
    EXPECT_THAT(there, AllOf(HasSubstr("/stolen"), Not(HasSubstr("[redacted]")),
                             Not(HasSubstr("uthorization"))));
    expect_clean(there, "the other origin");
    const std::string before = upstream_.heard_elsewhere();
    EXPECT_THAT(before, HasSubstr("other: /stolen"));
    // Not in the location's query either.
    EXPECT_THAT(redirected("carrying_redirect", "302", "carrying"),
                HasSubstr("carries the credential"));
    EXPECT_EQ(upstream_.heard_elsewhere(), before);
}

TEST_F(Credentials, StayOutOfTheAnswerThatStalls) {
    const json::object result = agent_->call("bearer_ask", {{"what", "stall"}, {"how", "x"}});
    EXPECT_TRUE(is_error(result));
    EXPECT_THAT(text_of(result), HasSubstr("in time"));
    EXPECT_FALSE(is_error(agent_->call("bearer_ask", {{"what", "echo"}, {"how", "plain"}})));
}

}  // namespace
}  // namespace kimbap::test
