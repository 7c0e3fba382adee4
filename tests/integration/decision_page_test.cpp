#include <gmock/gmock.h>

#include "base/json_text.hpp"
#include "integration/shop.hpp"
#include "support/mcp_client.hpp"

namespace kimbap::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::map<std::string, std::string> kForm{
    {"Content-Type", "application/x-www-form-urlencoded"}};

/// A kimbap whose notifications reach `hook`, and an agent whose call waits.
class DecisionPage : public testing::Test {
protected:
    explicit DecisionPage(std::string_view rule = "decision: require_approval") {
        shop.kimbap.policy("shop",
                           "version: 1.0.0\nrules:\n  - {id: refunds, match: {actions: "
                           "[shop.refund]}, " +
                               std::string(rule) + "}\n");
        shop.kimbap.must({"vault", "set", "hook"}, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        serving = std::make_unique<Serving>(shop.kimbap);
        agent = std::make_unique<McpClient>(serving->url(), shop.kimbap.agent_token("bot"));
    }

    static std::string config(const Upstream& hook) {
        std::string out = "http: {public_url: \"http://127.0.0.1:1\"}\n";
        out += "approvals: {hold: 0s}\nnotify:\n";
        for (const std::string name : {"alice", "bob"}) {
            out += "  - {name: to-" + name + ", type: webhook, url: " + hook.url() + "/" + name +
                   ", secret_ref: hook, operator: " + name + "}\n";
        }
        return out;
    }

    /// A call that waits, and the path of the link that `who` was sent.
    std::string link_to(const std::string& who,
                        json::object arguments = {{"order", "1001"}, {"amount", 4900}}) {
        const json::object waiting = agent->call("shop_refund", std::move(arguments));
        id = meta_of(waiting, "kimbap/approval");
        std::string link;
        eventually("the notification", [&] {
            for (const Received& request : hook.requests()) {
                if (request.target != "/" + who) continue;
                const json::value event = parse_json(request.body).value();
                if (event.at("data").at("id") != json::value(id)) continue;
                if (const auto* url = event.at("data").as_object().if_contains("decide_url")) {
                    link = std::string(url->as_string());
                }
            }
            return !link.empty();
        });
        return link.substr(link.find("/decide/"));
    }
    Reply get(const std::string& link) { return http(serving->url(), "GET", link); }
    Reply post(const std::string& link, const std::string& form = "verdict=approve",
               std::map<std::string, std::string> headers = kForm) {
        return http(serving->url(), "POST", link, headers, form);
    }
    std::string state() {
        return shop.kimbap.json({"approval", "show", id}).at("state").as_string().c_str();
    }

    Upstream hook;
    Shop shop{config(hook)};
    std::unique_ptr<Serving> serving;
    std::unique_ptr<McpClient> agent;
    std::string id;
};

TEST_F(DecisionPage, IsShownByGetAndDecidedByItsForm) {
    const std::string link = link_to("alice");
    const Reply page = get(link);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, AllOf(HasSubstr("shop.refund"), HasSubstr("4900"), HasSubstr("alice")));
    EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    EXPECT_EQ(page.header("Cache-Control"), "no-store");
    EXPECT_EQ(page.header("Referrer-Policy"), "same-origin");
    EXPECT_EQ(page.header("X-Frame-Options"), "DENY");

    const Reply decided = post(link, "verdict=approve&reason=looked+at+it");
    EXPECT_EQ(decided.status, 303) << decided.body;
    EXPECT_EQ(decided.header("Location"), link);
    const json::object outcome =
        agent->call("kimbap_approval_result", {{"approval", id}, {"wait_seconds", 20}});
    EXPECT_FALSE(is_error(outcome)) << to_json(outcome);
    EXPECT_EQ(shop.upstream.count(), 1U);
    EXPECT_THAT(get(link).body, AllOf(HasSubstr("Approved"), HasSubstr("looked at it"),
                                      HasSubstr("(to-alice, by link)"), Not(HasSubstr("<form"))));
    const json::value vote = shop.kimbap.json({"approval", "show", id}).at("votes").at(0);
    EXPECT_EQ(vote.at("operator"), "alice");
    EXPECT_EQ(vote.at("channel"), "to-alice");
    EXPECT_EQ(vote.at("proof"), "link");
}

TEST_F(DecisionPage, ScannersThatFetchEveryLinkDecideNothing) {
    const std::string link = link_to("alice");
    for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}) {
        const Reply reply = http(serving->url(), method, link);
        EXPECT_EQ(reply.status,
                  std::string(method) == "GET" || std::string(method) == "HEAD" ? 200 : 405)
            << method;
    }
    for (const char* extra : {"&verdict=approve", "&reason=x&verdict=approve"}) {
        static_cast<void>(get(link + extra));
    }
    EXPECT_EQ(state(), "pending");
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST_F(DecisionPage, ALinkServesOnce) {
    const std::string link = link_to("alice");
    EXPECT_EQ(post(link, "verdict=deny&reason=no+such+customer").status, 303);
    for (const char* form : {"verdict=deny", "verdict=approve"}) {
        const Reply again = post(link, form);
        EXPECT_EQ(again.status, 409);
        EXPECT_THAT(again.body, HasSubstr("this link was used already: alice denied at"));
    }
    EXPECT_EQ(state(), "denied");
    EXPECT_EQ(shop.upstream.count(), 0U);
}

TEST_F(DecisionPage, ForgedForeignAndBrokenLinksAreRefusedAndAudited) {
    const std::string link = link_to("alice");
    const std::string other = link_to("alice", {{"order", "2"}, {"amount", 1}});
    const std::string signature = link.substr(link.find("&sig="));
    const std::vector<std::string> bad{
        "/decide/" + id,
        "/decide/",
        "/decide/apr_none?to=alice&via=to-alice&until=4102444800&sig=AAAA",
        link.substr(0, link.find('?')) + other.substr(other.find('?')),  // of another approval
        link.substr(0, link.size() - 1),
        link + "A",
        link.substr(0, link.find("to=")) + "to=mallory" + link.substr(link.find("&via=")),
        link.substr(0, link.find("until=")) + "until=4102444800" + signature,
        "/decide/%20?%zz",
    };
    for (const std::string& target : bad) {
        for (const Reply& reply : {get(target), post(target)}) {
            EXPECT_EQ(reply.status, 403) << target;
            EXPECT_THAT(reply.body, AllOf(HasSubstr("This link does not serve"),
                                          Not(HasSubstr("shop.refund"))));
            EXPECT_THAT(reply.header("Content-Type"), HasSubstr("text/html"));
        }
    }
    EXPECT_EQ(state(), "pending");
    EXPECT_THAT(shop.kimbap.must({"audit", "export"}),
                AllOf(HasSubstr("auth.failed"), HasSubstr("decision link"),
                      Not(HasSubstr(signature.substr(5)))));
}

TEST_F(DecisionPage, FormsOfOtherSitesAndOtherFormsDecideNothing) {
    const std::string link = link_to("alice");
    auto with = [](std::map<std::string, std::string> more) {
        more.insert(kForm.begin(), kForm.end());
        return more;
    };
    EXPECT_EQ(post(link, "verdict=approve", with({{"Origin", "https://evil.example"}})).status,
              403);
    EXPECT_EQ(post(link, "verdict=approve", with({{"Origin", "null"}})).status, 403);
    EXPECT_EQ(post(link, "verdict=approve", with({{"Sec-Fetch-Site", "cross-site"}})).status, 403);
    EXPECT_EQ(post(link, "verdict=approve", with({{"Host", "evil.example"}})).status, 403);
    EXPECT_EQ(post(link, "verdict=approve", {{"Content-Type", "text/plain"}}).status, 400);
    EXPECT_EQ(post(link, "{\"verdict\":\"approve\"}").status, 400);
    EXPECT_EQ(post(link, "verdict=maybe").status, 400);
    EXPECT_EQ(post(link, "").status, 400);
    EXPECT_EQ(state(), "pending");
    EXPECT_EQ(post(link, "verdict=approve",
                   with({{"Origin", serving->url()}, {"Sec-Fetch-Site", "same-origin"}}))
                  .status,
              303);
}

TEST_F(DecisionPage, WhatIsStoredHoldsNoLink) {
    const std::string link = link_to("alice");
    const std::string signature = link.substr(link.find("&sig=") + 5);
    for (const char* file : {"data/kimbap.db", "data/kimbap.db-wal"}) {
        EXPECT_EQ(shop.kimbap.read(file).find(signature), std::string::npos) << file;
    }
    EXPECT_EQ(post(link).status, 303);
    EXPECT_EQ(shop.kimbap.read("data/kimbap.db-wal").find(signature), std::string::npos);
    EXPECT_THAT(serving->program().errors(), Not(HasSubstr(signature)));
}

TEST_F(DecisionPage, MegabytesAndMarkupAreShownShortAndAsText) {
    std::string card(1'000'000, 'x');
    const std::string link =
        link_to("alice", {{"order", "<script>alert(1)</script>" + card}, {"amount", 1}});
    const Reply page = get(link);
    EXPECT_EQ(page.status, 200);
    EXPECT_LT(page.body.size(), 64U << 10);
    EXPECT_THAT(page.body, AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script")),
                                 HasSubstr("1000025 bytes in all"), HasSubstr("SHA-256")));
    EXPECT_THAT(shop.kimbap.must({"approval", "show", id, "--json"}), HasSubstr(card));
}

class TwoPeople : public DecisionPage {
protected:
    TwoPeople() : DecisionPage("decision: require_approval, approval: {required: 2}") {}
};

TEST_F(TwoPeople, ByTheirOwnLinks) {
    const std::string alices = link_to("alice");
    EXPECT_EQ(post(alices).status, 303);
    EXPECT_EQ(post(alices).status, 409);
    EXPECT_EQ(state(), "pending");
    EXPECT_THAT(get(alices).body, HasSubstr("1 of 2 operators approved"));
    std::string bobs;
    for (const Received& request : hook.requests()) {
        if (request.target != "/bob") continue;
        bobs = std::string(parse_json(request.body)->at("data").at("decide_url").as_string());
    }
    EXPECT_EQ(post(bobs.substr(bobs.find("/decide/"))).status, 303);
    EXPECT_EQ(state(), "approved");
}

class TokenWanted : public DecisionPage {
protected:
    TokenWanted()
        : DecisionPage(
              "decision: require_approval, approval: {proof: token, approvers: [finance]}") {}
};

TEST_F(TokenWanted, ALinkShowsButDoesNotDecide) {
    shop.kimbap.must({"token", "create", "--operator", "alice", "--role", "finance"});
    const std::string link = link_to("alice");
    EXPECT_THAT(get(link).body, AllOf(HasSubstr("operator&#39;s token"), HasSubstr("4900"),
                                      Not(HasSubstr("<form"))));
    EXPECT_EQ(post(link).status, 403);
    EXPECT_EQ(state(), "pending");

    const auto approve_as = [&](std::vector<std::string> token) {
        std::string bearer = shop.kimbap.must(std::move(token));
        bearer = bearer.substr(0, bearer.find('\n'));
        return OperatorClient(serving->url(), bearer).post("/v1/approvals/" + id + ":approve");
    };
    const Reply support = approve_as({"token", "create", "--operator", "sam", "--role", "support"});
    EXPECT_EQ(support.status, 403);
    EXPECT_THAT(support.body, AllOf(HasSubstr("finance"), HasSubstr("--role")));
    EXPECT_EQ(approve_as({"token", "create", "--operator", "fay", "--role", "finance"}).status,
              200);
}

TEST_F(TokenWanted, NobodyGivesARoleThatTheyLack) {
    const auto bearer = [&](const char* name, const char* role) {
        const std::string token =
            shop.kimbap.must({"token", "create", "--operator", name, "--role", role});
        return token.substr(0, token.find('\n'));
    };
    const auto wanted = [](const char* name, const char* role) {
        return json::object{{"operator", name}, {"roles", json::array{role}}};
    };
    const OperatorClient sam(serving->url(), bearer("sam", "support"));
    const Reply refused = sam.post("/v1/tokens", wanted("sam", "finance"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr("which you don't have"));
    const OperatorClient fay(serving->url(), bearer("fay", "finance"));
    EXPECT_EQ(fay.post("/v1/tokens", wanted("fay", "finance")).status, 201);
    // Nobody becomes two operators.
    const Reply second = fay.post("/v1/tokens", wanted("eve", "finance"));
    EXPECT_EQ(second.status, 403);
    EXPECT_THAT(second.body, HasSubstr("for yourself alone"));
}

TEST_F(TokenWanted, TheCommandLineTakesAnOperatorsToken) {
    static_cast<void>(link_to("alice"));
    EXPECT_NE(shop.kimbap.kimbap({"approval", "approve", id}).code, 0);  // no role of that name
    std::string token =
        shop.kimbap.must({"token", "create", "--operator", "fay", "--role", "finance"});
    shop.kimbap.environment["KIMBAP_TOKEN"] = shop.kimbap.agent_token("bot");
    EXPECT_THAT(shop.kimbap.kimbap({"approval", "approve", id}).err, HasSubstr("agent's token"));
    shop.kimbap.environment["KIMBAP_TOKEN"] = token.substr(0, token.find('\n'));
    shop.kimbap.must({"approval", "approve", id});
    const json::value vote = shop.kimbap.json({"approval", "show", id}).at("votes").at(0);
    EXPECT_EQ(vote.at("operator"), "fay");
    EXPECT_EQ(vote.at("channel"), "cli");
    EXPECT_EQ(vote.at("proof"), "token");
}

class ShortLived : public DecisionPage {
protected:
    ShortLived() : DecisionPage("decision: require_approval, approval: {expires: 4s}") {}
};

TEST_F(ShortLived, AnExpiredLinkIsGone) {
    const std::string link = link_to("alice");
    eventually("the expiry", [&] { return get(link).status == 410; });
    EXPECT_EQ(post(link).status, 410);
    EXPECT_THAT(get(link).body, HasSubstr("This link has expired"));
    eventually("the sweep", [&] { return state() == "expired"; });
    EXPECT_EQ(shop.upstream.count(), 0U);
}

}  // namespace
}  // namespace kimbap::test
