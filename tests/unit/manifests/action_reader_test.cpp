#include "manifests/action_reader.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(ActionReaderTest, ReadsEveryKey) {
    const Action action = load_action(R"(
        description: Place an order, method: POST, path: "/c/{customer}/o", warnings: [It costs.],
        aliases: [order], idempotent: false, idempotency_header: Idempotency-Key,
        risk: {level: high, mutating: true}, args: [{name: customer, required: true}, {name: q}],
        request: {path_params: {customer: "{customer}"}, query: {q: "{q}", n: 1},
                  headers: {X-Q: "{q}"}, body: {q: "{q}"}, encoding: form},
        response: {type: object}, retry: {max_attempts: 4, backoff_ms: 250, retry_on: [429, 500]},
        error_mapping: {404: no such customer, "409": again})")
                              .action();
    EXPECT_EQ(action.name, "do");
    EXPECT_EQ(action.description, "Place an order");
    EXPECT_EQ(action.method, "POST");
    EXPECT_EQ(action.path, "/c/{customer}/o");
    EXPECT_THAT(action.warnings, ElementsAre("It costs."));
    EXPECT_THAT(action.aliases, ElementsAre("order"));
    EXPECT_FALSE(action.idempotent);
    EXPECT_EQ(action.idempotency_header, "Idempotency-Key");
    EXPECT_EQ(action.risk.level, RiskLevel::high);
    EXPECT_TRUE(action.risk.mutating);
    EXPECT_EQ(action.args.size(), 2U);
    EXPECT_THAT(action.request.path_params, ElementsAre(Pair("customer", "{customer}")));
    EXPECT_THAT(action.request.query,
                ElementsAre(Pair("q", json::value("{q}")), Pair("n", json::value("1"))));
    EXPECT_THAT(action.request.headers, ElementsAre(Pair("X-Q", "{q}")));
    EXPECT_EQ(to_json(*action.request.body), R"({"q":"{q}"})");
    EXPECT_EQ(action.request.encoding, Encoding::form);
    EXPECT_EQ(action.response.type, ResponseType::object);
    EXPECT_EQ(action.retry.max_attempts, 4);
    EXPECT_EQ(action.retry.backoff, 250ms);
    EXPECT_THAT(action.retry.retry_on, ElementsAre(429U, 500U));
    EXPECT_THAT(action.error_mapping,
                ElementsAre(Pair(404U, "no such customer"), Pair(409U, "again")));
}

TEST(ActionReaderTest, ReadsPagination) {
    const Pagination cursor =
        load_action(
            "path: /o, pagination: {type: cursor, max_pages: 9, next_path: m.n, cursor_param: c}")
            .action()
            .pagination;
    EXPECT_EQ(cursor.type, PaginationType::cursor);
    EXPECT_EQ(cursor.max_pages, 9);
    EXPECT_EQ(cursor.next_path, "m.n");
    EXPECT_EQ(cursor.cursor_param, "c");
    const Pagination offset =
        load_action(
            "path: /o, pagination: {type: offset, page_param: p, limit_param: l, page_size: 7}")
            .action()
            .pagination;
    EXPECT_EQ(offset.type, PaginationType::offset);
    EXPECT_EQ(offset.max_pages, 5);
    EXPECT_TRUE(offset.by_page);
    EXPECT_EQ(offset.offset_param, "p");
    EXPECT_EQ(offset.limit_param, "l");
    EXPECT_EQ(offset.page_size, 7);
}

// A further page would do again what the first one did.
TEST(ActionReaderTest, PagesOfAnActionThatChangesSomethingAreNotFollowed) {
    const std::string paged = "path: /o, pagination: {type: cursor, next_path: next}";
    EXPECT_EQ(load_action("method: POST, " + paged).action().pagination.type, PaginationType::none);
    EXPECT_EQ(action_warnings("method: POST, " + paged),
              "m.yaml:4:44: actions.do.pagination: only the first page is fetched, since the "
              "action changes something (say risk.mutating: false where it doesn't)");
    for (const char* reading : {"method: GET, ", "method: POST, risk: {mutating: false}, "}) {
        EXPECT_EQ(load_action(reading + paged).action().pagination.type, PaginationType::cursor);
        EXPECT_EQ(action_warnings(reading + paged), "");
    }
    EXPECT_THAT(action_faults("method: POST, path: /o, pagination: {type: link}"),
                HasSubstr("\"link\" is not known here"));
}

TEST(ActionReaderTest, RiskAndIdempotenceFollowTheMethod) {
    const struct {
        const char* action;
        RiskLevel level;
        bool mutating;
        bool idempotent;
    } rows[] = {
        {"path: /o", RiskLevel::low, false, true},
        {"method: HEAD, path: /o", RiskLevel::low, false, true},
        {"method: OPTIONS, path: /o", RiskLevel::low, false, true},
        {"method: POST, path: /o", RiskLevel::medium, true, false},
        {"method: PUT, path: /o", RiskLevel::medium, true, false},
        {"method: PATCH, path: /o", RiskLevel::medium, true, false},
        {"method: DELETE, path: /o", RiskLevel::high, true, false},
        {"method: DELETE, path: /o, risk: {level: critical}", RiskLevel::critical, true, false},
        {"method: POST, path: /o, risk: {mutating: false}", RiskLevel::medium, false, false},
        {"method: POST, path: /o, risk: low", RiskLevel::low, true, false},
        {"path: /o, risk: {level: high, mutating: true}", RiskLevel::high, true, false},
        {"path: /o, idempotent: false", RiskLevel::low, false, false},
        {"method: PUT, path: /o, idempotent: true", RiskLevel::medium, true, true},
    };
    for (const auto& row : rows) {
        const Action action = load_action(row.action).action();
        EXPECT_EQ(action.risk.level, row.level) << row.action;
        EXPECT_EQ(action.risk.mutating, row.mutating) << row.action;
        EXPECT_EQ(action.idempotent, row.idempotent) << row.action;
    }
}

TEST(ActionReaderTest, DefaultsWhereKeysAreLeftOut) {
    const Action action = load_action("path: /o, retry: {}").action();
    EXPECT_EQ(action.method, "GET");
    EXPECT_EQ(action.description, "do: GET /o");
    EXPECT_FALSE(action.request.declared);
    EXPECT_EQ(action.retry.max_attempts, 3);
    EXPECT_EQ(action.retry.backoff, 200ms);
    EXPECT_THAT(action.retry.retry_on, ElementsAre(429U, 502U, 503U, 504U));
    EXPECT_EQ(load_action("path: /o").action().retry.max_attempts, 1);
}

// What others wrote for the same schema.
TEST(ActionReaderTest, WordsAreTakenInAnyCase) {
    const Action action = load_action(
                              "method: post, path: /o, auth: {type: Bearer, credential_ref: a.b}, "
                              "risk: {level: Low, mutating: no}, aliases: [New-Order], "
                              "args: [{name: a, type: String}, {name: b, type: ' INTEGER '}], "
                              "response: {type: Object}, pagination: {type: Offset}")
                              .action();
    EXPECT_EQ(action.method, "POST");
    EXPECT_EQ(action.auth.type, AuthType::bearer);
    EXPECT_EQ(action.risk.level, RiskLevel::low);
    EXPECT_FALSE(action.risk.mutating);
    EXPECT_THAT(action.aliases, ElementsAre("new-order"));
    EXPECT_EQ(action.args[0].schema.at("type"), "string");
    EXPECT_EQ(action.args[1].schema.at("type"), "integer");
    EXPECT_EQ(action.response.type, ResponseType::object);
    EXPECT_EQ(action.pagination.type, PaginationType::offset);
    EXPECT_EQ(load_action("path: /o, response: {type: \"\"}").action().response.type,
              ResponseType::automatic);
}

TEST(ActionReaderTest, BooleansAreTakenInTheWordsOfYaml11) {
    const struct {
        const char* word;
        bool flag;
    } rows[] = {{"yes", true}, {"On", true},   {"y", true},  {"TRUE", true}, {"\"yes\"", true},
                {"no", false}, {"OFF", false}, {"N", false}, {"~", false},   {"false", false}};
    for (const auto& [word, flag] : rows) {
        const Action action = load_action("path: /o, risk: {mutating: " + std::string(word) +
                                          "}, args: [{name: a, required: " + word +
                                          ", sensitive: " + word + ", default: yes}]")
                                  .action();
        EXPECT_EQ(action.risk.mutating, flag) << word;
        EXPECT_EQ(action.args[0].required, flag) << word;
        EXPECT_EQ(action.args[0].sensitive, flag) << word;
        EXPECT_EQ(*action.args[0].default_value, "yes") << word;
    }
    EXPECT_FALSE(load_action("path: /o, idempotent: off").action().idempotent);
    EXPECT_TRUE(load_action("path: /o, idempotent: ~").action().idempotent);
}

TEST(ActionReaderTest, APathWithoutItsSlashGetsOne) {
    EXPECT_EQ(load_action("path: orders").action().path, "/orders");
    EXPECT_EQ(load_action("path: .evil.example/o").action().path, "/.evil.example/o");
    EXPECT_EQ(load_action("path: \"{id}\", args: [{name: id}]").action().path, "/{id}");
}

TEST(ActionReaderTest, NumbersStayWithinWhatKimbapDoes) {
    const auto retry = [](const std::string& keys) {
        return load_action("path: /o, retry: {" + keys + "}").action().retry;
    };
    EXPECT_EQ(retry("max_attempts: 0").max_attempts, 1);
    EXPECT_EQ(retry("max_attempts: 500").max_attempts, 10);
    EXPECT_EQ(retry("backoff_ms: 9000000").backoff, 60s);
    EXPECT_THAT(retry("retry_on: [200, 503]").retry_on, ElementsAre(503U));
    // What is no error is not tried again, nor does it stand for the usual ones.
    EXPECT_THAT(retry("retry_on: [302]").retry_on, ElementsAre());
    EXPECT_EQ(action_warnings("path: /o, retry: {max_attempts: 500}"),
              "m.yaml:4:40: actions.do.retry.max_attempts: 500 is more than kimbap does (10 hold)");
    EXPECT_EQ(action_warnings("path: /o, retry: {retry_on: [200, 503]}"),
              "m.yaml:4:37: actions.do.retry.retry_on[0]: 200 is not tried again (400 to 599 are)");
    const auto pages = [](const std::string& keys) {
        return load_action("path: /o, pagination: {type: cursor" + keys + "}").action().pagination;
    };
    EXPECT_EQ(pages(", max_pages: 0").max_pages, 5);
    EXPECT_EQ(pages(", max_pages: 101").max_pages, 100);
    EXPECT_EQ(pages("").next_path, "next_cursor");
    EXPECT_EQ(pages(", next_path: \"\"").next_path, "next_cursor");
    EXPECT_EQ(load_action("path: /o, pagination: {type: offset}").action().pagination.next_path,
              "");
}

TEST(ActionReaderTest, WhatHasNoEffectIsToldAndLoads) {
    EXPECT_EQ(action_warnings("path: /o, args: [{name: a, style: \"\"}]"), "");
    EXPECT_EQ(action_warnings("path: /o, args: [{name: a, style: flag}]"),
              "m.yaml:4:42: actions.do.args[0].style: only for commands, which kimbap doesn't run "
              "(remove it)");
    EXPECT_EQ(action_warnings("path: /o, error_mapping: {302: not signed in}"), "");
    EXPECT_THAT(load_action("path: /o, error_mapping: {302: not signed in}").action().error_mapping,
                ElementsAre(Pair(302U, "not signed in")));
    EXPECT_EQ(action_warnings("path: /o, error_mapping: {200: fine}"),
              "m.yaml:4:39: actions.do.error_mapping.200: an answer of this status is no error "
              "(300 to 599 are)");
    EXPECT_THAT(load_action("path: /o, error_mapping: {200: fine}").action().error_mapping,
                ElementsAre());
}

TEST(ActionReaderTest, EachFaultHasItsPlaceAndItsMend) {
    const struct {
        const char* action;
        const char* fault;
    } rows[] = {
        {"method: GET", "m.yaml:4:7: actions.do: \"path\" is missing (add it)"},
        {"path: \"\"", "m.yaml:4:14: actions.do.path: is empty (write it out)"},
        {"path: /o, args: [{name: \"\"}]",
         "m.yaml:4:32: actions.do.args[0].name: is empty (write it out)"},
        {"path: /o, resource: {uri: \"\"}",
         "m.yaml:4:34: actions.do.resource.uri: is empty (write it out)"},
        {"path: /o, auth: {type: oauth2, provider: \"\"}",
         "m.yaml:4:49: actions.do.auth.provider: is empty (write it out)"},
        {"path: /o, method: fetch",
         "m.yaml:4:26: actions.do.method: \"fetch\" is not known here (one of: GET"},
        {"path: \"https://api.example.com/o\"",
         "actions.do.path: is a URL (a path like /orders follows base_url)"},
        {"path: \"/o?x=1\"", "has a query or fragment (put parameters under request.query)"},
        {"path: /a/../x", "actions.do.path: has a dot segment (write the path out)"},
        {"path: /a/.", "actions.do.path: has a dot segment (write the path out)"},
        {"path: /a/%2E%2e/x", "actions.do.path: has a dot segment (write the path out)"},
        {"path: \"/a b\"", "has characters that no URL has (percent-encode them)"},
        {"path: \"/a\\r\\nX: y\"", "has characters that no URL has"},
        {"path: \"/a%2\"", "has characters that no URL has"},
        {"path: /o, pth: x", "unknown key \"pth\" (did you mean \"path\"?)"},
        {"path: \"/{id}\"",
         "actions.do.path: {id} is not an argument (declare it under args, or map it under "
         "request.path_params)"},
        {"path: /o, aliases: [A B]", "actions.do.aliases[0]: \"A B\" is not an action name"},
        {"path: /o, risk: {level: severe}",
         "risk.level: \"severe\" is not known here (one of: low"},
        {"path: /o, risk: {levl: low}", "unknown key \"levl\" (did you mean \"level\"?)"},
        {"path: /o, idempotent: 1", "idempotent: not a boolean"},
        {"path: /o, idempotency_header: \"a b\"", "not a header name (like Idempotency-Key)"},
        {"path: /o, idempotency_header: Content-Length",
         "idempotency_header: kimbap sets this header itself"},
        {"path: /o, idempotency_header: content-type",
         "idempotency_header: kimbap sets this header itself"},
        {"path: /o, idempotency_header: authorization, auth: {type: bearer, credential_ref: a}",
         "idempotency_header: carries the credential"},
        {"path: /o, idempotency_header: X-K, auth: {type: header, header_name: x-k, "
         "credential_ref: a}",
         "idempotency_header: carries the credential"},
        {"path: /o, request: {query: {q: \"{limt}\"}}, args: [{name: limit}]",
         "request.query.q: {limt} is not an argument (did you mean \"limit\"?)"},
        {"path: /o, request: {headers: {X-A: \"{a}\"}}",
         "request.headers.X-A: {a} is not an argument (declare it under args)"},
        {"path: /o, request: {body: {a: [{b: \"{c}\"}]}}",
         "request.body: {c} is not an argument (declare it under args)"},
        {"path: /o, request: {path_params: {id: x}}",
         "request.path_params.id: the path has no {id}"},
        {"path: /o, request: {path_params: [id]}", "request.path_params: not a map of names"},
        {"path: /o, request: {query: q}", "request.query: not a map of names to values"},
        {"path: /o, request: {query: {q: {a: 1}}}", "query.q: not a value or a list of values"},
        {"path: /o, request: {headers: [A]}", "request.headers: not a map of names"},
        {"path: /o, request: {headers: {\"A B\": x}}", "\"A B\" is not a header name"},
        {"path: /o, request: {headers: {host: x}}", "kimbap sets this header itself (remove it)"},
        {"path: /o, request: {headers: {Transfer-Encoding: chunked}}",
         "kimbap sets this header itself (remove it)"},
        {"path: /o, request: {headers: {A: \"x\\r\\nB: y\"}}", "has control characters"},
        {"path: /o, request: {encoding: xml}", "encoding: \"xml\" is not known here (one of: json"},
        {"path: /o, request: {encoding: form, body: \"{a}\"}, args: [{name: a}]",
         "request.body: a form needs a map of fields"},
        {"method: POST, path: /o, request: {encoding: raw, body: x}, "
         "auth: {type: body, body_field: k, credential_ref: s}",
         "actions.do.request.encoding: a raw body has no field for the credential (send json or "
         "form, or use another auth type)"},
        {"method: POST, path: /o, request: {body: [x]}, "
         "auth: {type: body, body_field: k, credential_ref: s}",
         "actions.do.request.body: a body that is no map has no field for the credential"},
        {"path: /o, pagination: {type: cursor, next_path: \"m[n]\"}",
         "pagination.next_path: \"m[n]\" leads nowhere: [n] is not the number of an element"},
        {"path: /o, request: {bdy: {}}", "unknown key \"bdy\" (did you mean \"body\"?)"},
        {"path: /o, retry: {max_attempts: -1}", "max_attempts: too small (at least 0)"},
        {"path: /o, retry: {backoff_ms: -1}", "backoff_ms: too small (at least 0)"},
        {"path: /o, retry: {retry_on: [often]}", "retry_on[0]: not an integer"},
        {"path: /o, retry: {retry_on: 503}", "retry.retry_on: not a list"},
        {"path: /o, pagination: {max_pages: 2}", "pagination: \"type\" is missing (add it)"},
        {"path: /o, pagination: {type: link}",
         "\"link\" is not known here (one of: cursor, offset)"},
        {"path: /o, pagination: {type: offset, max_pages: -1}", "max_pages: too small"},
        {"path: /o, error_mapping: {4xx: x}", "\"4xx\" is not an HTTP error status"},
        {"path: /o, error_mapping: [x]", "error_mapping: not a map of names to values"},
    };
    for (const auto& row : rows) {
        const std::string faults = action_faults(row.action);
        EXPECT_THAT(faults, HasSubstr(row.fault)) << row.action;
        EXPECT_THAT(faults, Not(HasSubstr("\n"))) << row.action;
    }
}

TEST(ActionReaderTest, Words) {
    for (const char* word : {"a", "a1-b"}) EXPECT_TRUE(is_word(word, false)) << word;
    for (const char* word : {"", "1a", "-a", "A", "a b", "a.b", "a_b", "ä"}) {
        EXPECT_FALSE(is_word(word, false)) << word;
    }
    EXPECT_TRUE(is_word("a_b", true));
}

}  // namespace
}  // namespace kimbap::manifests::test
