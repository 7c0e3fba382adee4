#include "manifests/resource_reader.hpp"

#include "manifests/action_registry.hpp"
#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kOrder = "path: '/orders/{order}', args: [{name: order, required: true}], ";

std::shared_ptr<const ActionRegistry> registry_of(const std::string& actions) {
    std::vector<Service> services;
    services.push_back(
        load_service("name: shop\nbase_url: https://api.example.com\nactions:\n" + actions));
    auto registry = ActionRegistry::create(std::move(services));
    EXPECT_TRUE(registry) << registry.error().message;
    return registry ? *registry : nullptr;
}

TEST(ResourceReaderTest, ReadsEveryKey) {
    const One one = load_action(std::string(kOrder) +
                                "resource: {uri: 'shop://orders/{order}', name: order, "
                                "description: One order, mime_type: application/json}");
    ASSERT_TRUE(one.action().resource);
    EXPECT_EQ(one.action().resource->uri, "shop://orders/{order}");
    EXPECT_EQ(one.action().resource->name, "order");
    EXPECT_EQ(one.action().resource->description, "One order");
    EXPECT_EQ(one.action().resource->mime_type, "application/json");
}

TEST(ResourceReaderTest, TheActionSaysWhatIsLeftOut) {
    const One one =
        load_action("path: /stock, description: All there is, resource: {uri: 'shop:stock'}");
    ASSERT_TRUE(one.action().resource);
    EXPECT_EQ(one.action().resource->name, "do");
    EXPECT_EQ(one.action().resource->description, "All there is");
    EXPECT_EQ(one.action().resource->mime_type, "");
    EXPECT_FALSE(load_action("path: /stock").action().resource);
}

TEST(ResourceReaderTest, EachFaultHasItsPlaceAndItsMend) {
    const std::string order = kOrder;
    const struct {
        std::string action;
        const char* fault;
    } rows[] = {
        {"path: /o, resource: {uri: orders}",
         "m.yaml:4:34: actions.do.resource.uri: \"orders\" is not a URI"},
        {"path: /o, resource: {name: x}", "actions.do.resource: \"uri\" is missing (add it)"},
        {"path: /o, resource: {uri: 's:x', url: y}", "unknown key \"url\" (did you mean \"uri\"?)"},
        {"path: /o, resource: x", "actions.do.resource: not a map of keys to values"},
        {"path: /o, method: POST, resource: {uri: 's:x'}",
         "actions.do.resource: only for actions that read by GET (remove it)"},
        {"path: /o, risk: {mutating: true}, resource: {uri: 's:x'}", "only for actions that read"},
        {"path: /o, method: HEAD, resource: {uri: 's:x'}", "only for actions that read by GET"},
        {order + "resource: {uri: 's:x'}",
         "the argument \"order\" is required (put {order} into the uri, or give it a default)"},
        {order + "resource: {uri: 's:{ordre}'}", "{ordre} is not an argument"},
        {"path: /o, args: [{name: a, sensitive: true}], resource: {uri: 's:{a}'}",
         "{a} is sensitive, and URIs are shown (leave it out)"},
        {"path: /o, args: [{name: a, type: array}], resource: {uri: 's:{a}'}",
         "{a} is a list or an object"},
        {"path: /o, resource: {uri: 'kimbap://x'}", "kimbap: is kimbap's own"},
        {"path: /o, resource: {uri: 's:x', mime_type: text}",
         "resource.mime_type: \"text\" is not a media type (like text/plain)"},
        {"path: /o, schema: {type: object, properties: {a: {}}, required: [a]}, resource: {uri: "
         "'s:x'}",
         "the argument \"a\" is required"},
    };
    for (const auto& row : rows)
        EXPECT_THAT(action_faults(row.action), HasSubstr(row.fault)) << row.action;
    EXPECT_THAT(action_faults("path: /o, args: [{name: a, required: true, default: 1}], resource: "
                              "{uri: 's:x'}"),
                IsEmpty());
}

TEST(ResourceReaderTest, AUriFindsItsActionAndArguments) {
    const auto registry = registry_of(
        "  stock: {path: /stock, resource: {uri: 'shop:orders/all'}}\n"
        "  order: {path: '/o/{order}/{page}', args: [{name: order, required: true}, {name: page, "
        "type: "
        "integer, required: true}, {name: all, type: boolean}], resource: {uri: "
        "'shop:orders/{order}/{page}/{all}'}}\n"
        "  any: {path: '/o/{id}', args: [{name: id, required: true}], resource: {uri: "
        "'shop:orders/{id}'}}\n");
    ASSERT_TRUE(registry);
    const auto typed = registry->resources_at("shop:orders/17/3/true");
    ASSERT_THAT(typed, SizeIs(1));
    EXPECT_EQ(typed[0].action->id, "shop.order");
    EXPECT_EQ(to_json(typed[0].arguments), R"({"order":"17","page":3,"all":true})");
    const auto wrong = registry->resources_at("shop:orders/17/three/true");
    ASSERT_THAT(wrong, SizeIs(1));
    EXPECT_EQ(wrong[0].arguments.at("page"), "three");  // which its schema refuses
    const auto both = registry->resources_at("shop:orders/all");
    ASSERT_THAT(both, SizeIs(2));
    EXPECT_EQ(both[0].action->id, "shop.stock");
    EXPECT_EQ(both[1].action->id, "shop.any");
    EXPECT_THAT(registry->resources_at("shop:nothing"), IsEmpty());
}

TEST(ResourceReaderTest, DefinitionsAreMcps) {
    const auto registry = registry_of(
        "  a: {path: /stock, description: All there is, resource: {uri: 'shop:stock', mime_type: "
        "text/csv}}\n"
        "  b: {path: '/o/{id}', args: [{name: id, required: true}], resource: {uri: "
        "'shop:o/{id}'}}\n");
    ASSERT_TRUE(registry);
    EXPECT_EQ(registry->actions()[0].resource_json,
              R"({"uri":"shop:stock","name":"a","title":"shop: a","description":"All there is",)"
              R"("mimeType":"text/csv"})");
    EXPECT_EQ(registry->actions()[1].resource_json,
              R"({"uriTemplate":"shop:o/{id}","name":"b","title":"shop: b",)"
              R"("description":"b: GET /o/{id}"})");
}

TEST(ResourceReaderTest, TwoActionsCanNotBeTheSameResource) {
    const auto service_with = [](const std::string& action) {
        return "name: shop\nbase_url: https://api.example.com\nactions:\n" + action;
    };
    const std::string a =
        "  a: {path: '/a/{x}', args: [{name: x, required: true}], resource: {uri: 'shop:{x}'}}\n";
    const std::string b =
        "  b: {path: '/b/{y}', args: [{name: y, required: true}], resource: {uri: 'shop:{y}'}}\n";
    EXPECT_EQ(faults_of(service_with(a + b)),
              "m.yaml:5:74: actions.b.resource.uri: \"shop:{y}\" is also shop.a's (change one)");
    std::vector<Service> services;
    services.push_back(load_service(service_with(a)));
    services.push_back(load_service(service_with(b)));
    const auto registry = ActionRegistry::create(std::move(services));
    ASSERT_FALSE(registry);
    EXPECT_THAT(registry.error().message,
                HasSubstr("the resource \"shop:{y}\" of shop.b is also shop.a's (change one)"));
}

}  // namespace
}  // namespace kimbap::manifests::test
