#include <algorithm>
#include <filesystem>
#include <set>

#include "base/yaml_reader.hpp"
#include "manifests/action_registry.hpp"
#include "manifests/placeholders.hpp"
#include "manifests/request.hpp"
#include "unit/manifests/support.hpp"

/// The manifests that come with kimbap.
namespace kimbap::manifests::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Service> shipped() {
    const std::vector<std::string> folder{KIMBAP_SOURCE_DIR "/manifests"};
    std::vector<ManifestFile> files;
    const auto paths = list_yaml_files(folder);
    EXPECT_TRUE(paths);
    for (const std::string& path : *paths) {
        const auto text = read_file(path);
        EXPECT_TRUE(text) << path;
        files.push_back({path, *text});
    }
    LoadedManifests loaded = load(files);
    EXPECT_THAT(loaded.faults, IsEmpty()) << to_string(loaded.faults);
    return std::move(loaded.services);
}

TEST(ShippedTest, TheyLoadTogether) {
    const auto services = shipped();
    std::set<std::string> names;
    for (const Service& service : services) names.insert(service.name);
    for (const char* name : {"prometheus", "alertmanager", "github", "slack", "stripe", "notion",
                             "linear", "open-meteo", "wikipedia", "hacker-news"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
    const auto registry = ActionRegistry::create(services);
    EXPECT_TRUE(registry) << registry.error().message;
}

TEST(ShippedTest, EachServiceSaysWhatAModelNeedsToKnow) {
    for (const Service& service : shipped()) {
        EXPECT_FALSE(service.description.empty()) << service.name;
        EXPECT_FALSE(service.version.empty()) << service.name;
        EXPECT_FALSE(service.gotchas.empty()) << service.name;
        EXPECT_FALSE(service.recipes.empty()) << service.name;
        EXPECT_GE(service.actions.size(), 5U) << service.name;
        for (const Action& action : service.actions) {
            const std::string id = service.name + "." + action.name;
            EXPECT_GE(action.description.size(), 10U) << id;
            for (const Arg& arg : action.args) {
                EXPECT_TRUE(arg.schema.contains("description")) << id << " " << arg.name;
            }
        }
        for (const Gotcha& gotcha : service.gotchas) {
            EXPECT_FALSE(gotcha.recovery.empty()) << service.name;
            for (const std::string& name : gotcha.applies_to) {
                EXPECT_TRUE(std::any_of(service.actions.begin(), service.actions.end(),
                                        [&](const Action& one) { return one.name == name; }))
                    << service.name << ": a gotcha applies to " << name << ", which is no action";
            }
        }
    }
}

TEST(ShippedTest, RiskFitsWhatTheActionDoes) {
    for (const Service& service : shipped()) {
        for (const Action& action : service.actions) {
            const std::string id = service.name + "." + action.name;
            const bool safe = action.method == "GET" || action.method == "HEAD";
            EXPECT_FALSE(safe && action.risk.mutating) << id;
            EXPECT_EQ(action.risk.level == RiskLevel::low, !action.risk.mutating) << id;
            if (action.method == "DELETE") {
                EXPECT_GE(action.risk.level, RiskLevel::high) << id;
            }
            // What may be repeated must be safe to repeat.
            if (action.retry.max_attempts > 1 && action.risk.mutating) {
                EXPECT_TRUE(action.idempotent || !action.idempotency_header.empty()) << id;
            }
        }
    }
}

TEST(ShippedTest, EveryArgumentIsSent) {
    for (const Service& service : shipped()) {
        for (const Action& action : service.actions) {
            if (!action.request.declared) continue;
            std::set<std::string> used;
            const auto use = [&](std::string_view text) {
                for (const std::string& name : placeholders(text)) used.insert(name);
            };
            use(action.path);
            for (const auto& [key, text] : action.request.path_params) use(text);
            for (const auto& [key, value] : action.request.query) use(to_json(value));
            for (const auto& [key, text] : action.request.headers) use(text);
            if (action.request.body) use(to_json(*action.request.body));
            for (const Arg& arg : action.args) {
                EXPECT_TRUE(used.contains(arg.name))
                    << service.name << "." << action.name << " never sends " << arg.name;
            }
        }
    }
}

/// What one action of a shipped service sends: method, URL, body.
std::string sent(const std::string& service_name, const std::string& action_name,
                 std::string_view given) {
    static const std::vector<Service> services = shipped();
    for (const Service& service : services) {
        if (service.name != service_name) continue;
        for (const Action& action : service.actions) {
            if (action.name != action_name) continue;
            json::object arguments = object(given);
            apply_defaults(action, arguments);
            const auto schema = Schema::compile(action.input_schema);
            EXPECT_THAT(schema->validate(arguments), IsEmpty());
            const auto request = render(service, action, arguments);
            if (!request) return request.error().message;
            return request->method + " " + request->full_url() +
                   (request->body.empty() ? "" : " " + request->body);
        }
    }
    return "none";
}

TEST(ShippedTest, RequestsAreWhatTheServicesTake) {
    EXPECT_EQ(sent("prometheus", "query", R"({"query": "up{job=\"a\"}"})"),
              "GET http://127.0.0.1:9090/api/v1/query?query=up%7Bjob%3D%22a%22%7D");
    EXPECT_EQ(sent("github", "get-file", R"({"owner": "o", "repo": "r", "path": "docs/a b.md"})"),
              "GET https://api.github.com/repos/o/r/contents/docs%2Fa%20b.md");
    EXPECT_EQ(sent("github", "update-issue",
                   R"({"owner": "o", "repo": "r", "number": 7, "state": "closed", "labels": []})"),
              R"(PATCH https://api.github.com/repos/o/r/issues/7 {"state":"closed","labels":[]})");
    EXPECT_EQ(
        sent("slack", "post-message", R"({"channel": "C0123456789", "text": "hi"})"),
        R"(POST https://slack.com/api/chat.postMessage {"channel":"C0123456789","text":"hi"})");
    EXPECT_EQ(sent("stripe", "create-refund", R"({"payment_intent": "pi_1", "amount": 1999})"),
              "POST https://api.stripe.com/v1/refunds payment_intent=pi_1&amount=1999");
    EXPECT_EQ(
        sent("stripe", "list-payment-intents", R"({"created_after": 1700000000, "limit": 5})"),
        "GET https://api.stripe.com/v1/payment_intents?created%5Bgte%5D=1700000000&limit=5");
    EXPECT_EQ(
        sent("notion", "search", R"({"query": "plan"})"),
        R"(POST https://api.notion.com/v1/search {"query":"plan","filter":{"property":"object","value":"page"},"page_size":25})");
    EXPECT_EQ(
        sent("linear", "get-issue", R"({"issue": "ENG-1"})").substr(0, 96),
        R"(POST https://api.linear.app/graphql {"query":"query Issue($id: String!) { issue(id: $id) { id id)");
    EXPECT_EQ(sent("hacker-news", "get-item", R"({"id": 8863})"),
              "GET https://hacker-news.firebaseio.com/v0/item/8863.json");
    EXPECT_EQ(sent("open-meteo", "elevation", R"({"latitude": 48.8, "longitude": 2})"),
              "GET https://api.open-meteo.com/v1/elevation?latitude=48.8&longitude=2");
    EXPECT_EQ(sent("wikipedia", "on-this-day", R"({"month": "11", "day": "23"})"),
              "GET https://en.wikipedia.org/api/rest_v1/feed/onthisday/selected/11/23");
}

TEST(ShippedTest, AGraphqlFilterDropsWhatIsNotAskedFor) {
    const std::string all = sent("linear", "list-issues", "{}");
    EXPECT_TRUE(all.ends_with(R"("variables":{"first":25}})")) << all;
    const std::string some = sent("linear", "list-issues", R"({"team": "ENG"})");
    EXPECT_TRUE(
        some.ends_with(R"("variables":{"filter":{"team":{"key":{"eq":"ENG"}}},"first":25}})"))
        << some;
}

}  // namespace
}  // namespace kimbap::manifests::test
