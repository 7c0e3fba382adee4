#include "manifests/action_registry.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Service> services(const std::vector<std::string>& texts) {
    std::vector<Service> out;
    for (const std::string& text : texts) out.push_back(load_service(text));
    return out;
}

std::shared_ptr<const ActionRegistry> registry_of(const std::vector<std::string>& texts) {
    auto registry = ActionRegistry::create(services(texts));
    EXPECT_TRUE(registry) << registry.error().message;
    return registry ? *registry : nullptr;
}

std::string id_of(const ActionRegistry& registry, std::string_view name) {
    const RegisteredAction* found = registry.find(name);
    return found == nullptr ? "none" : found->id;
}

std::string service(const std::string& name, const std::string& actions,
                    const std::string& more = "") {
    return "name: " + name + "\nbase_url: https://x.example\n" + more + "actions: {" + actions +
           "}\n";
}

TEST(ActionRegistryTest, FindsAnActionByEachOfItsNames) {
    const auto registry = registry_of({service(
        "shop-api", "create-order: {path: /o, aliases: [order, new_order]}, list: {path: /o}",
        "aliases: [shop, s]\n")});
    for (const char* name :
         {"shop-api_create-order", "shop-api.create-order", "shop.create-order", "s_create-order",
          "s.order", "s_new_order", "shop-api.order", "shop_order"}) {
        EXPECT_EQ(id_of(*registry, name), "shop-api.create-order") << name;
    }
    for (const char* name : {"create-order", "shop-api", "shop-api.none", "shop-api_", "",
                             "x.order", "shop-api.create_order", "SHOP.order"}) {
        EXPECT_EQ(id_of(*registry, name), "none") << name;
    }
    EXPECT_EQ(registry->service("shop-api")->name, "shop-api");
    EXPECT_EQ(registry->service("none"), nullptr);
}

TEST(ActionRegistryTest, ActionsAreSortedByToolName) {
    const auto registry =
        registry_of({service("b", "y: {path: /}, x: {path: /}"), service("a", "z: {path: /}")});
    std::vector<std::string> names;
    for (const auto& action : registry->actions()) names.push_back(action.tool_name);
    EXPECT_THAT(names, ElementsAre("a_z", "b_x", "b_y"));
}

// The loader tells what it sees, with its place; this is about services from elsewhere.
TEST(ActionRegistryTest, CollidingNamesAreRefused) {
    const auto fault = [](const std::vector<std::string>& texts) {
        const auto registry = ActionRegistry::create(services(texts));
        return registry ? "created" : registry.error().message;
    };
    EXPECT_THAT(
        fault({service("a", "x: {path: /}"), service("b", "x: {path: /}", "aliases: [a]\n")}),
        HasSubstr("the alias \"a.x\" of b.x is also a.x's (rename one)"));
    EXPECT_EQ(fault({service("a", "x: {path: /, aliases: [x]}", "aliases: [a]\n")}), "created");
}

TEST(OfferedNameTest, FitsWhatModelApisTake) {
    EXPECT_EQ(offered_name("shop_create-order"), "shop_create-order");
    EXPECT_EQ(offered_name("shop.create"), "shop_create");
    const std::string longest(64, 'a');
    EXPECT_EQ(offered_name(longest), longest);

    const std::string base(70, 'a');
    const std::string one = offered_name(base + "1");
    EXPECT_EQ(one.size(), 64U);
    EXPECT_THAT(one, ::testing::MatchesRegex("[A-Za-z0-9_-]+"));
    EXPECT_NE(one, offered_name(base + "2"));
    // Stable over releases: clients keep these names in their own configuration.
    EXPECT_EQ(offered_name(base), std::string(55, 'a') + "_" + "6bd5e503");
}

TEST(ActionRegistryTest, ALongNameIsShortenedAndTheFullOneStillWorks) {
    const std::string name(60, 'n');
    const auto registry = registry_of({service("service", name + ": {path: /}")});
    const RegisteredAction& action = registry->actions()[0];
    EXPECT_EQ(action.tool_name.size(), kMaxToolName);
    for (const std::string& spelt : {action.tool_name, "service_" + name, "service." + name}) {
        EXPECT_EQ(id_of(*registry, spelt), "service." + name);
    }
}

TEST(ActionRegistryTest, ATool) {
    const auto registry = registry_of({R"(
name: shop
base_url: https://x.example
gotchas:
  - {symptom: it says 409, recovery: read it again, applies_to: [buy]}
  - {symptom: other, recovery: none, applies_to: [list]}
actions:
  buy:
    description: Buy a thing
    method: POST
    path: /o
    warnings: [It costs money.]
    risk: {level: high}
    args: [{name: n, type: integer, default: 1, maximum: 9}, {name: pin, required: true, sensitive: true}]
  remove: {description: Remove, method: DELETE, path: /o, idempotent: true, risk: {level: medium}}
  look: {description: Look, path: /o}
  find: {description: Find, method: POST, path: /o, risk: {level: low, mutating: false}}
)"});
    const auto tool = [&](const char* name) { return parse(registry->find(name)->tool_json); };
    EXPECT_EQ(
        to_json(tool("shop.buy")),
        R"({"name":"shop_buy","title":"shop: buy","description":"Buy a thing\nWarning: It costs money.\nIf it says 409: read it again","inputSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":9,"default":1},"pin":{"type":"string"}},"additionalProperties":false,"required":["pin"]},"annotations":{"readOnlyHint":false,"openWorldHint":true,"destructiveHint":true,"idempotentHint":false}})");
    EXPECT_EQ(
        to_json(tool("shop.remove").at("annotations")),
        R"({"readOnlyHint":false,"openWorldHint":true,"destructiveHint":true,"idempotentHint":true})");
    for (const char* name : {"shop.look", "shop.find"}) {
        EXPECT_EQ(to_json(tool(name).at("annotations")),
                  R"({"readOnlyHint":true,"openWorldHint":true})");
    }
    EXPECT_THAT(registry->find("shop.buy")->tool_json, Not(HasSubstr("\n")));
    EXPECT_THAT(registry->find("shop.buy")->sensitive, ElementsAre("pin"));
}

TEST(ActionRegistryTest, ArgumentsAreCheckedByTheSchemaAsOffered) {
    const auto registry = registry_of({service("a", R"(x: {path: /, args: [
        {name: t, required: true, schema: {$ref: "#/$defs/node", $defs: {node: {type: object,
         properties: {v: {type: integer}, next: {$ref: "#/$defs/node"}}}}}}]})")});
    const Schema& schema = registry->find("a.x")->schema;
    EXPECT_THAT(schema.validate(parse(R"({"t": {"v": 1, "next": {"v": 2}}})")), ElementsAre());
    EXPECT_THAT(schema.validate(parse(R"({"t": {"v": 1, "next": {"v": "x"}}})")),
                ElementsAre(HasSubstr("/t/next/v: must be of type integer")));
    EXPECT_THAT(schema.validate(parse("{}")), ElementsAre(HasSubstr("/t: is required")));
}

}  // namespace
}  // namespace kimbap::manifests::test
