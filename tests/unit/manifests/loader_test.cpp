#include "manifests/loader.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kActions = "actions: {x: {path: /}}\n";

std::string recipe_with_args(const std::string& args) {
    return "name: a\nbase_url: https://x.example\nrecipes: [{name: r, args: [" + args + "]}]\n" +
           kActions;
}

TEST(LoaderTest, ReadsEveryKeyOfAService) {
    const Service service = load_service(R"(
name: shop
version: 1.0.0
description: Sells things
aliases: [s, store]
base_url: https://api.example.com/v2/
auth: {type: bearer, credential_ref: shop.token}
triggers: {task_verbs: [buy], objects: [orders, carts], instead_of: [phoning], exclusions: [returns]}
gotchas:
  - {symptom: it fails, likely_cause: no stock, recovery: wait, severity: low, applies_to: [x]}
  - {symptom: one, recovery: two, applies_to: x}
recipes:
  - {name: restock, description: Fill up, steps: [one, two, {call: x}],
     args: [{name: shelf, description: Which one, required: true, enum: [left, 2, "no"]}, {name: note}],
     resources: ["shop:shelves/{shelf}", "{note}", "kimbap://services/shop"]}
actions:
  x: {path: /b}
  a: {path: /a}
)");
    EXPECT_EQ(service.name, "shop");
    EXPECT_EQ(service.version, "1.0.0");
    EXPECT_EQ(service.description, "Sells things");
    EXPECT_THAT(service.aliases, ElementsAre("s", "store"));
    EXPECT_EQ(service.base_url, "https://api.example.com/v2");
    EXPECT_EQ(service.auth.type, AuthType::bearer);
    EXPECT_THAT(service.triggers.task_verbs, ElementsAre("buy"));
    EXPECT_THAT(service.triggers.objects, ElementsAre("orders", "carts"));
    EXPECT_THAT(service.triggers.instead_of, ElementsAre("phoning"));
    EXPECT_THAT(service.triggers.exclusions, ElementsAre("returns"));
    ASSERT_THAT(service.gotchas, SizeIs(2));
    EXPECT_EQ(service.gotchas[0].symptom, "it fails");
    EXPECT_EQ(service.gotchas[0].likely_cause, "no stock");
    EXPECT_EQ(service.gotchas[0].recovery, "wait");
    EXPECT_EQ(service.gotchas[0].severity, "low");
    EXPECT_THAT(service.gotchas[1].applies_to, ElementsAre("x"));
    ASSERT_THAT(service.recipes, SizeIs(1));
    EXPECT_EQ(service.recipes[0].name, "restock");
    EXPECT_EQ(service.recipes[0].description, "Fill up");
    EXPECT_THAT(service.recipes[0].steps, ElementsAre("one", "two", R"({"call":"x"})"));
    ASSERT_THAT(service.recipes[0].args, SizeIs(2));
    EXPECT_EQ(service.recipes[0].args[0].name, "shelf");
    EXPECT_EQ(service.recipes[0].args[0].description, "Which one");
    EXPECT_TRUE(service.recipes[0].args[0].required);
    EXPECT_THAT(service.recipes[0].args[0].choices, ElementsAre("left", "2", "no"));
    EXPECT_EQ(service.recipes[0].args[1].name, "note");
    EXPECT_FALSE(service.recipes[0].args[1].required);
    EXPECT_THAT(service.recipes[0].args[1].choices, IsEmpty());
    EXPECT_THAT(service.recipes[0].resources,
                ElementsAre("shop:shelves/{shelf}", "{note}", "kimbap://services/shop"));
    ASSERT_THAT(service.actions, SizeIs(2));
    EXPECT_EQ(service.actions[0].name, "x");
    EXPECT_EQ(service.actions[1].name, "a");
    EXPECT_EQ(service.file, "m.yaml");
}

/// Every key that the schema has, once.
constexpr const char* kEveryKey = R"(
name: shop                    # [a-z][a-z0-9-]*
version: 1.0.0
description: Sells things
aliases: [s]
base_url: https://api.example.com/v2
auth: {type: bearer, credential_ref: shop.token}
triggers:  {task_verbs: [buy, order], objects: [orders], instead_of: [phoning], exclusions: [returns]}
gotchas:   [{symptom: it fails, likely_cause: no stock, recovery: wait, severity: low, applies_to: [create-order]}]
recipes:   [{name: reorder, description: Order again, steps: [Read the last order, Place it again]}]
actions:
  create-order:               # [a-z][a-z0-9_-]*
    description: Place an order
    method: POST
    path: /customers/{customer}/orders
    auth: {type: header, header_name: X-Key, credential_ref: shop.key}
    warnings: [It costs.]
    aliases: [order]
    idempotent: false
    idempotency_header: Idempotency-Key
    risk: {level: medium, mutating: true}
    args:
      - {name: customer, type: string, required: true, description: The customer's ID}
      - {name: quantity, type: integer, default: 1, minimum: 1, maximum: 99}
      - {name: tags, type: array, items: {type: string}}
      - {name: note, type: string, max_length: 500, pattern: "^[^<]*$", enum: [gift, none]}
      - {name: limit, schema: {type: integer, exclusiveMinimum: 0}}
    request:
      path_params: {customer: "{customer}"}
      query: {limit: "{limit}"}
      headers: {Accept: application/json}
      body: {quantity: "{quantity}", note: "{note}", tags: "{tags}"}
      encoding: json
    response:
      type: object
      extract: data.items[0]
      error_when: [{path: ok, equals: false, message_path: error}]
      stream: sse
      filter: {select: {id: id, owner: owner.login}, exclude: [x], max_items: 25, drop_nulls: true}
      text_filter: {strip_lines_matching: ["^#"], keep_lines_matching: [order], dedup: true, max_lines: 50, strip_ansi: true, on_empty: ok}
      compact: {header: "{{.count}}", item: "#{{.number}} {{.title}}", footer: "end"}
    retry: {max_attempts: 3, backoff_ms: 200, retry_on: [429, 502, 503]}
    pagination: {type: cursor, max_pages: 5, next_path: meta.next}
    error_mapping: {404: no such customer}
)";

TEST(LoaderTest, AManifestWithEveryKeyLoads) {
    const Service service = load_service(kEveryKey);
    ASSERT_THAT(service.actions, SizeIs(1));
    const Action& action = service.actions[0];
    EXPECT_EQ(action.auth.type, AuthType::header);
    EXPECT_TRUE(action.risk.mutating);
    EXPECT_THAT(action.args, SizeIs(5));
    EXPECT_EQ(action.response.stream, StreamType::sse);
    EXPECT_EQ(action.retry.max_attempts, 3);
    EXPECT_EQ(action.pagination.type, PaginationType::none);
    EXPECT_THAT(warnings_of(kEveryKey),
                HasSubstr("m.yaml:43:17: actions.create-order.pagination: only the first page"));
    // Placing an order is no reading: pages are followed where the manifest says that it is.
    std::string reading = kEveryKey;
    reading.replace(reading.find("mutating: true"), 14, "mutating: false");
    EXPECT_EQ(load_service(reading).actions.at(0).pagination.next_path, "meta.next");
    EXPECT_EQ(warnings_of(reading), "");
}

TEST(LoaderTest, EachFaultHasItsPlaceAndItsMend) {
    const std::string actions = kActions;
    const struct {
        std::string text;
        const char* fault;
    } rows[] = {
        {"base_url: https://x.example\n" + actions, "m.yaml:1:1: \"name\" is missing (add it)"},
        {"name: a\n" + actions, "m.yaml:1:1: \"base_url\" is missing (add it)"},
        {"name: a\nbase_url: https://x.example\n", "m.yaml:1:1: \"actions\" is missing (add it)"},
        {"name: My Shop\nbase_url: https://x.example\n" + actions,
         "m.yaml:1:7: name: \"My Shop\" is not a service name (lower-case letters, digits and -)"},
        {"name: \"\"\nbase_url: https://x.example\n" + actions,
         "m.yaml:1:7: name: is empty (write it out)"},
        {"name: a\nbase_url: \" \"\n" + actions, "m.yaml:2:11: base_url: is empty (write it out)"},
        {"name: a\nbase_url: https://x.example\nrecipes: [{name: ''}]\n" + actions,
         "m.yaml:3:18: recipes[0].name: is empty (write it out)"},
        {"name: a_b\nbase_url: https://x.example\n" + actions, "\"a_b\" is not a service name"},
        {"name: a\nbase_url: http://x.example\n" + actions,
         "m.yaml:2:11: base_url: plain http would show the credential to the network"},
        {"name: a\nbase_url: https://x.example?k=1\n" + actions,
         "m.yaml:2:11: base_url: has a query or fragment"},
        {"name: a\nbase_ulr: https://x.example\n" + actions,
         "m.yaml:2:1: unknown key \"base_ulr\" (did you mean \"base_url\"?)"},
        {"name: a\nbase_url: https://x.example\nzzzzzzzz: 1\n" + actions,
         "m.yaml:3:1: unknown key \"zzzzzzzz\" (known keys: name, version"},
        {"name: a\nbase_url: https://x.example\nactions: {}\n",
         "m.yaml:3:10: actions: not a map of action names to actions (with at least one)"},
        {"name: a\nbase_url: https://x.example\nactions: [x]\n",
         "m.yaml:3:10: actions: not a map of action names to actions"},
        {"name: a\nbase_url: https://x.example\nactions: {Get It: {path: /}}\n",
         "\"Get It\" is not an action name (lower-case letters, digits, - and _)"},
        {"name: a\nbase_url: https://x.example\nactions: {x: 1}\n",
         "m.yaml:3:14: actions.x: not a map of keys to values"},
        {"name: a\nbase_url: https://x.example\naliases: [B!]\n" + actions,
         "m.yaml:3:11: aliases[0]: \"B!\" is not a service name"},
        {"name: a\nbase_url: https://x.example\ntriggers: {verbs: [x]}\n" + actions,
         "triggers: unknown key \"verbs\""},
        {"name: a\nbase_url: https://x.example\ngotchas: [{symptoms: x}]\n" + actions,
         "gotchas[0]: unknown key \"symptoms\" (did you mean \"symptom\"?)"},
        {"name: a\nbase_url: https://x.example\nrecipes: [{name: r}, {name: r}]\n" + actions,
         "m.yaml:3:29: recipes[1].name: is there twice"},
        {"name: a\nbase_url: https://x.example\nrecipes: [{name: Ship it!}, {name: ship-it}]\n" +
             actions,
         "m.yaml:3:36: recipes[1].name: makes the prompt \"a_ship-it\", as \"Ship it!\" does "
         "(choose another)"},
        {"name: a\nbase_url: https://x.example\nrecipes: [{steps: [x]}]\n" + actions,
         "recipes[0]: \"name\" is missing (add it)"},
        {recipe_with_args("{name: x}, {name: x}"),
         "m.yaml:3:39: recipes[0].args[1]: a second argument named \"x\" (rename or remove it)"},
        {recipe_with_args("{name: a b}"),
         "m.yaml:3:35: recipes[0].args[0].name: \"a b\" can't stand in a template (use letters, "
         "digits, _, - and .)"},
        {recipe_with_args("{name: x}], resources: ['s:{y}'"),
         "recipes[0].resources[0]: {y} is not an argument (declare it under the recipe's args)"},
        {recipe_with_args("{name: x}], resources: ['{y}'"), "{y} is not an argument"},
        {recipe_with_args("{name: x}], resources: [shelf"), "\"shelf\" is not a URI"},
        {recipe_with_args("{required: true}"), "recipes[0].args[0]: \"name\" is missing (add it)"},
        {recipe_with_args("{name: x, enum: a}"),
         "m.yaml:3:44: recipes[0].args[0].enum: not a list"},
        {recipe_with_args("{name: x, enum: []}"),
         "recipes[0].args[0].enum: allows nothing (like [a, b])"},
        {recipe_with_args("{name: x, enums: [a]}"),
         "recipes[0].args[0]: unknown key \"enums\" (did you mean \"enum\"?)"},
        {"name: a\nname: b\nbase_url: https://x.example\n" + actions,
         "m.yaml:2:1: duplicate key \"name\" (keep one of them)"},
        {"name: [\n", "not valid YAML"},
        {"", "m.yaml:1:1: not a map of keys to values"},
        {"# nothing\n", "m.yaml:1:1: not a map of keys to values"},
        {"name: a\nbase_url: https://x.example/v1/../v2\n" + actions,
         "m.yaml:2:11: base_url: has a dot segment (write the path out)"},
        {"just text", "not a map of keys to values"},
        {"name: a\n---\nname: b\n", "a second YAML document in one file"},
        {"name: a\nadapter: grpc\nbase_url: https://x.example\n" + actions,
         "m.yaml:2:10: adapter: \"grpc\" is not known (http)"},
    };
    for (const auto& row : rows) EXPECT_THAT(faults_of(row.text), HasSubstr(row.fault)) << row.text;
}

TEST(LoaderTest, AllFaultsOfAllFilesAreReportedAtOnce) {
    const auto loaded = load({{"a.yaml",
                               "name: A\nbase_url: http://x.example\nactions:\n"
                               "  x: {path: '?', risk: {level: huge}}\n"
                               "  y: {method: FETCH, path: /, args: [{name: q, typ: string}]}\n"},
                              {"b.yaml", "name: b\nbase_url: https://x.example\n"},
                              {"c.yaml", "name: [\n"}});
    std::vector<std::string> places;
    for (const Fault& fault : loaded.faults) {
        places.push_back(fault.file + ":" + std::to_string(fault.line) + ":" +
                         std::to_string(fault.column));
    }
    EXPECT_THAT(places, ElementsAre("a.yaml:1:7", "a.yaml:2:11", "a.yaml:4:13", "a.yaml:4:32",
                                    "a.yaml:5:15", "a.yaml:5:48", "b.yaml:1:1", "c.yaml:2:1"))
        << to_string(loaded.faults);
}

TEST(LoaderTest, NamesAreUniqueOverAllFiles) {
    const std::string end = "\nbase_url: https://x.example\n" + std::string(kActions);
    const auto fault = [&](const std::string& one, const std::string& two) {
        return to_string(load({{"1.yaml", one + end}, {"2.yaml", two + end}}).faults);
    };
    EXPECT_THAT(
        fault("name: a", "name: a"),
        HasSubstr("2.yaml:1:7: name: a second service named \"a\" (the first is in 1.yaml)"));
    EXPECT_THAT(fault("name: a\naliases: [b]", "name: b"),
                HasSubstr("a second service named \"b\""));
    EXPECT_THAT(fault("name: a\naliases: [z]", "name: b\naliases: [y, z]"),
                HasSubstr("2.yaml:2:14: aliases[1]: the service alias \"z\" is used in 1.yaml too "
                          "(choose another)"));
    EXPECT_EQ(fault("name: a", "naem: b"),
              "2.yaml:1:1: unknown key \"naem\" (did you mean \"name\"?)\n"
              "2.yaml:1:1: \"name\" is missing (add it)");
    EXPECT_EQ(fault("name: a\naliases: [a]", "name: b"), "");
    EXPECT_EQ(fault("name: b", "name: a"), "");
}

TEST(LoaderTest, ActionsMayShareWhatTheyHaveInCommon) {
    const Service service = load_service(
        "name: a\nbase_url: https://x.example\nactions:\n"
        "  x: &x {path: /x, retry: {max_attempts: 7}}\n"
        "  y: {<<: *x, path: /y}\n");
    ASSERT_THAT(service.actions, SizeIs(2));
    EXPECT_EQ(service.actions[1].path, "/y");
    EXPECT_EQ(service.actions[1].retry.max_attempts, 7);
}

TEST(LoaderTest, NamesOfActionsAreUniqueWithinTheirService) {
    const auto faults = [](const std::string& actions) {
        return faults_of("name: a\nbase_url: https://x.example\nactions:\n" + actions);
    };
    EXPECT_EQ(faults("  x: {path: /}\n  y: {path: /, aliases: [q, x]}\n"),
              "m.yaml:5:29: actions.y.aliases[1]: \"x\" is also a name of x (rename one)");
    EXPECT_EQ(faults("  x: {path: /, aliases: q}\n  y: {path: /, aliases: [Q]}\n"),
              "m.yaml:5:26: actions.y.aliases[0]: \"q\" is also a name of x (rename one)");
    EXPECT_EQ(faults("  x: {path: /, aliases: [x, q, q]}\n"), "");
    // With every other fault, and not only once those are mended.
    EXPECT_EQ(faults("  x: {pth: /}\n  y: {path: /, aliases: [x]}\n"),
              "m.yaml:4:7: actions.x: unknown key \"pth\" (did you mean \"path\"?)\n"
              "m.yaml:4:6: actions.x: \"path\" is missing (add it)\n"
              "m.yaml:5:26: actions.y.aliases[0]: \"x\" is also a name of x (rename one)");
}

TEST(LoaderTest, KimbapsOwnToolIsNobodyElses) {
    const auto faults = [](const std::string& service, const std::string& actions) {
        return faults_of("name: " + service + "\nbase_url: https://x.example\nactions: {" +
                         actions + "}\n");
    };
    const std::string own =
        "the tool kimbap_approval_result is kimbap's own (rename the action or the service)";
    EXPECT_EQ(faults("kimbap", "approval_result: {path: /}"),
              "m.yaml:3:28: actions.approval_result: " + own);
    EXPECT_EQ(faults("kimbap", "x: {path: /, aliases: [approval_result]}"),
              "m.yaml:3:34: actions.x.aliases[0]: " + own);
    EXPECT_THAT(faults("a\naliases: [kimbap]", "approval_result: {path: /}"), HasSubstr(own));
    EXPECT_EQ(faults("kimbap", "approval-result: {path: /}"), "");
    EXPECT_EQ(faults("shop", "approval_result: {path: /}"), "");
}

TEST(LoaderTest, ResourcesAreUniqueOverAllFiles) {
    const std::string start = "\nbase_url: https://x.example\nactions:\n";
    const std::string stock = "  x: {path: /, resource: {uri: shop://stock}}\n";
    EXPECT_EQ(to_string(load({{"1.yaml", "name: a" + start + stock},
                              {"2.yaml", "name: b" + start + stock}})
                            .faults),
              "2.yaml:4:32: actions.x.resource.uri: \"shop://stock\" is also a.x's (change one)");
    EXPECT_EQ(to_string(load({{"1.yaml", "name: a" + start + stock}}).faults), "");
}

TEST(LoaderTest, ServicesAreSortedByName) {
    const std::string end = "\nbase_url: https://x.example\n" + std::string(kActions);
    const auto loaded = load({{"1.yaml", "name: b" + end}, {"2.yaml", "name: a" + end}});
    ASSERT_THAT(loaded.services, SizeIs(2));
    EXPECT_EQ(loaded.services[0].name, "a");
    EXPECT_EQ(loaded.services[1].name, "b");
}

TEST(LoaderTest, OtherAdaptersAreLeftOutByNameAndTheRestLoads) {
    const std::string end = "\nbase_url: https://x.example\n" + std::string(kActions);
    const auto loaded =
        load({{"1.yaml", "name: git\nadapter: command\ncommand_spec: {executable: git}\n"},
              {"2.yaml", "name: a\nadapter: HTTP" + end},
              {"3.yaml", "name: mail\nadapter: AppleScript\ntarget_app: Mail\n"},
              {"4.yaml", "name: b\nadapter: \"\"\naliases: [B-2]" + end}});
    EXPECT_THAT(loaded.faults, IsEmpty()) << to_string(loaded.faults);
    ASSERT_THAT(loaded.services, SizeIs(2));
    EXPECT_EQ(loaded.services[0].name, "a");
    EXPECT_THAT(loaded.services[1].aliases, ElementsAre("b-2"));
    EXPECT_THAT(
        loaded.skipped,
        ElementsAre(HasSubstr("1.yaml: left out: adapter \"command\" is not supported"),
                    HasSubstr("3.yaml: left out: adapter \"applescript\" is not supported")));
}

TEST(LoaderTest, PlainHttpIsTheAppsDecision) {
    const std::vector<ManifestFile> files{
        {"m.yaml", "name: a\nbase_url: http://10.0.0.5:8080\n" + std::string(kActions)}};
    EXPECT_THAT(
        load_manifests(files, [](std::string_view host,
                                 std::uint16_t port) { return host == "10.0.0.5" && port == 8080; })
            .faults,
        IsEmpty());
    EXPECT_THAT(load_manifests(files, no_plain_http).faults, SizeIs(1));
}

// As tools write them that write every key.
TEST(LoaderTest, ANullStandsForAKeyThatIsLeftOut) {
    const std::string head = "name: shop\nbase_url: https://api.example.com\n";
    const std::string nulls = head +
                              R"(version: null
description: ~
aliases: null
auth: null
redirects_to: null
triggers: null
gotchas: null
recipes: null
actions:
  do:
    description: null
    method: POST
    path: /o
    auth: null
    warnings: null
    aliases: null
    idempotent: null
    idempotency_header: null
    risk: null
    args:
      - {name: a, type: null, required: null, default: null, description: null, minimum: null, max_length: null, pattern: null, format: null, enum: null, items: null, properties: null, schema: null, sensitive: null, style: null}
    request: {path_params: null, query: null, headers: {X: null}, body: null, encoding: null}
    response:
      type: null
      extract: null
      error_when: null
      stream: null
      filter: {select: {a: null}, exclude: null, max_items: null, drop_nulls: null}
      text_filter: {strip_lines_matching: null, on_empty: null, dedup: null, max_lines: null}
      compact: {header: null, item: "{{.a}}", footer: null}
      schema: null
    resource: null
    retry: {max_attempts: null, backoff_ms: null, retry_on: null}
    pagination: null
    error_mapping: {404: null}
    confirm: null
  list:
    path: /o
    pagination: {type: offset, max_pages: null, next_path: null, cursor_param: null, offset_param: null, page_param: ~, limit_param: null, page_size: null}
)";
    const Service service = load_service(nulls);
    ASSERT_THAT(service.actions, SizeIs(2));
    EXPECT_EQ(service.version, "");
    EXPECT_EQ(service.auth.type, AuthType::none);
    const Action& action = service.actions[0];
    EXPECT_EQ(action.description, "do: POST /o");
    EXPECT_EQ(action.risk.level, RiskLevel::medium);
    EXPECT_TRUE(action.risk.mutating);
    EXPECT_FALSE(action.idempotent);
    EXPECT_EQ(action.idempotency_header, "");
    EXPECT_EQ(kimbap::to_json(json::value(action.args.at(0).schema)), R"({"type":"string"})");
    EXPECT_FALSE(action.request.body);
    EXPECT_THAT(action.request.headers, IsEmpty());
    EXPECT_EQ(action.response.extract, "");
    EXPECT_THAT(action.response.filter->select, IsEmpty());
    EXPECT_EQ(action.response.text_filter->on_empty, "");
    EXPECT_EQ(action.response.compact->header, "");
    EXPECT_EQ(action.retry.max_attempts, 3);
    EXPECT_THAT(action.error_mapping, IsEmpty());
    EXPECT_FALSE(action.confirm);
    const Pagination& paging = service.actions[1].pagination;
    EXPECT_EQ(paging.offset_param, "offset");
    EXPECT_EQ(paging.limit_param, "limit");
    EXPECT_FALSE(paging.by_page);
    EXPECT_EQ(paging.next_path, "");
}

TEST(LoaderTest, ANullIsAValueWhereErrorsAreTold) {
    const One one = load_action("path: /o, response: {error_when: [{path: e, not_equals: null}]}");
    ASSERT_THAT(one.action().response.error_when, SizeIs(1));
    EXPECT_TRUE(one.action().response.error_when[0].not_equals->is_null());
}

}  // namespace
}  // namespace kimbap::manifests::test
