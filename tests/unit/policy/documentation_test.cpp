#include <gtest/gtest.h>

#include "base/yaml_reader.hpp"
#include "unit/policy/support.hpp"

/// The examples of docs/policy.md, decided as written.
namespace kimbap::policy::test {
namespace {

std::string read_source(const std::string& path) {
    std::ifstream file(std::string(KIMBAP_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What follows each line "```<heading>", up to the closing fence.
std::vector<std::string> blocks(const std::string& text, const std::string& heading) {
    std::vector<std::string> out;
    const std::string fence = "```" + heading + "\n";
    for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
        at += fence.size();
        out.push_back(text.substr(at, text.find("\n```", at) + 1 - at));
    }
    return out;
}

Call call_of(const json::object& row) {
    const auto text = [&](const char* key, std::string fallback) {
        const auto* value = row.if_contains(key);
        return value == nullptr ? fallback : std::string(value->get_string());
    };
    Call call;
    call.action = text("action", "");
    call.agent = text("agent", "bot");
    call.token = text("token", "");
    call.client = text("client", "");
    call.risk = text("risk", "medium");
    call.roles.clear();
    if (const auto* roles = row.if_contains("roles")) {
        for (const auto& role : roles->get_array()) call.roles.emplace_back(role.get_string());
    }
    if (const auto* mutating = row.if_contains("mutating")) call.mutating = mutating->get_bool();
    if (const auto* args = row.if_contains("args")) call.args = args->get_object();
    return call;
}

void check_calls(const PolicySet& set, const json::array& rows) {
    FakeLimiter limiter;
    EXPECT_EQ(to_string(set.lint()), "");
    for (const auto& one : rows) {
        const json::object& row = one.get_object();
        SCOPED_TRACE(to_json(one));
        const Call call = call_of(row);
        const auto* at = row.if_contains("at");
        const auto time = at == nullptr ? kNow : parse_time(at->get_string()).value();
        const Decision decision = set.decide(call.request(), time, &limiter);
        EXPECT_EQ(name(decision.outcome), std::string_view(row.at("decision").get_string()));
        const auto* rule = row.if_contains("rule");
        EXPECT_EQ(decision.rule_id(),
                  rule == nullptr ? std::string_view() : std::string_view(rule->get_string()));
        const auto* wait = row.if_contains("wait_seconds");
        EXPECT_EQ(decision.wait, std::chrono::seconds(wait == nullptr ? 0 : wait->get_int64()));
    }
}

void check_example(const std::string& example, std::vector<PolicyFile> files) {
    const std::size_t calls = example.find("calls:\n");
    ASSERT_NE(calls, std::string::npos) << example;
    files.push_back({"example.yaml", "version: 1.0.0\n" + example.substr(0, calls)});
    const auto set = load_files(files);
    ASSERT_NE(set, nullptr);
    Faults faults;
    const auto node = parse_yaml("calls", example.substr(calls), faults);
    ASSERT_TRUE(node) << to_string(faults);
    const std::string file = "calls";
    const json::value rows = YamlReader(*node, file, faults).get("calls").to_json();
    ASSERT_GT(rows.get_array().size(), 2U);
    check_calls(*set, rows.get_array());
}

TEST(DocumentationTest, TheExamplesDecideAsTheySay) {
    const std::string page = read_source("docs/policy.md");
    const auto examples = blocks(page, "yaml example");
    EXPECT_EQ(examples.size(), 4U);
    for (const std::string& example : examples) check_example(example, {});
    const auto own = blocks(page, "yaml example default");
    EXPECT_EQ(own.size(), 1U);
    const PolicyFile shipped{"default.yaml", read_source("internal/policy/default.yaml")};
    for (const std::string& example : own) check_example(example, {shipped});
}

TEST(DocumentationTest, TheDocumentWithEveryKeyLoads) {
    const auto documents = blocks(read_source("docs/policy.md"), "yaml");
    ASSERT_EQ(documents.size(), 1U);
    const auto set = load_files({{"p.yaml", documents[0]}});
    ASSERT_NE(set, nullptr);
    EXPECT_EQ(to_string(set->lint()), "");
}

}  // namespace
}  // namespace kimbap::policy::test
