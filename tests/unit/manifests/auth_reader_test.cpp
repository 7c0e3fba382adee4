#include "manifests/auth_reader.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Auth auth_of(const std::string& auth) {
    return load_action("path: /o, auth: {" + auth + "}").action().auth;
}

TEST(AuthReaderTest, ReadsEveryType) {
    EXPECT_EQ(auth_of("type: none").type, AuthType::none);
    Auth auth = auth_of("type: bearer, credential_ref: shop.token");
    EXPECT_EQ(auth.type, AuthType::bearer);
    EXPECT_EQ(auth.credential_ref, "shop.token");
    EXPECT_EQ(auth_of("type: basic, credential_ref: a").type, AuthType::basic);
    auth = auth_of("type: header, credential_ref: a, header_name: X-Key, prefix: \"Token \"");
    EXPECT_EQ(auth.type, AuthType::header);
    EXPECT_EQ(auth.field, "X-Key");
    EXPECT_EQ(auth.prefix, "Token ");
    auth = auth_of("type: query, credential_ref: a, query_param: key");
    EXPECT_EQ(auth.type, AuthType::query);
    EXPECT_EQ(auth.field, "key");
    auth = auth_of("type: body, credential_ref: a, body_field: key, header_name: \"\"");
    EXPECT_EQ(auth.type, AuthType::body);
    EXPECT_EQ(auth.field, "key");
    auth = auth_of("type: oauth2, provider: google, scopes: [a, b]");
    EXPECT_EQ(auth.type, AuthType::oauth2);
    EXPECT_EQ(auth.provider, "google");
    EXPECT_THAT(auth.scopes, ElementsAre("a", "b"));
}

TEST(AuthReaderTest, AnActionsOwnReplacesTheServices) {
    const Service service = load_service(
        "name: a\nbase_url: https://x.example\nauth: {type: bearer, credential_ref: a.t}\n"
        "actions: {x: {path: /}, y: {path: /, auth: {type: none}}}\n");
    EXPECT_EQ(service.actions[0].auth.type, AuthType::bearer);
    EXPECT_EQ(service.actions[0].auth.credential_ref, "a.t");
    EXPECT_EQ(service.actions[1].auth.type, AuthType::none);
    EXPECT_EQ(service.actions[1].auth.credential_ref, "");
}

// Manifests of others have them; only the type says where the credential goes.
TEST(AuthReaderTest, KeysOfOtherTypesArePassedOver) {
    const std::string keys =
        "type: bearer, credential_ref: a, query_param: k, header_name: \"X Y\", body_field: b, "
        "prefix: \"a\\r\\nb\", connection: Not One";
    const Auth auth = auth_of(keys);
    EXPECT_EQ(auth.type, AuthType::bearer);
    EXPECT_EQ(auth.field, "");
    EXPECT_EQ(auth.prefix, "");
    EXPECT_EQ(auth.connection, "");
    const std::string warnings = action_warnings("path: /o, auth: {" + keys + "}");
    for (const char* warning : {"auth.query_param: only used with type query (remove it)",
                                "auth.header_name: only used with type header (remove it)",
                                "auth.body_field: only used with type body (remove it)",
                                "auth.prefix: only used with type header (remove it)",
                                "auth.connection: only used with type oauth2 (remove it)"}) {
        EXPECT_THAT(warnings, HasSubstr(warning));
    }
    EXPECT_THAT(warnings, HasSubstr("m.yaml:4:71: actions.do.auth.query_param: only"));
    const Auth query = auth_of("type: Query, credential_ref: a, query_param: k, header_name: X");
    EXPECT_EQ(query.type, AuthType::query);
    EXPECT_EQ(query.field, "k");
}

TEST(AuthReaderTest, AnActionWithoutAnOwnHasTheServices) {
    const Service service = load_service(
        "name: a\nbase_url: https://x.example\nauth: {type: bearer, credential_ref: a.t}\n"
        "actions: {x: {path: /, auth: }}\n");
    EXPECT_EQ(service.actions.at(0).auth.type, AuthType::bearer);
}

TEST(AuthReaderTest, EachFaultHasItsPlaceAndItsMend) {
    const struct {
        const char* auth;
        const char* fault;
    } rows[] = {
        {"{}", "m.yaml:4:24: actions.do.auth: \"type\" is missing (add it)"},
        {"{type: token, credential_ref: a}",
         "m.yaml:4:31: actions.do.auth.type: \"token\" is not known here (one of: none, bearer"},
        {"{type: bearer}",
         "\"credential_ref\" is missing (name the vault secret, like shop.token)"},
        {"{type: header, credential_ref: a}", "\"header_name\" is missing (add it)"},
        {"{type: query, credential_ref: a}", "\"query_param\" is missing (add it)"},
        {"{type: body, credential_ref: a, body_field: \"\"}", "\"body_field\" is missing (add it)"},
        {"{type: oauth2}", "\"provider\" is missing (add it)"},
        {"{type: header, credential_ref: a, header_name: \"X Key\"}",
         "auth.header_name: \"X Key\" is not a header name (like X-Api-Key)"},
        {"{type: header, credential_ref: a, header_name: host}",
         "auth.header_name: kimbap sets this header itself"},
        {"{type: header, credential_ref: a, header_name: Accept-Encoding}",
         "auth.header_name: kimbap sets this header itself"},
        {"{type: header, credential_ref: a, header_name: X, prefix: \"a\\r\\nb\"}",
         "auth.prefix: has characters that no header takes"},
        {"{type: bearer, credential_ref: a, token: x}", "unknown key \"token\" ("},
        {"{type: bearer, credential_ref: a, provder: x}",
         "unknown key \"provder\" (did you mean \"provider\"?)"},
        {"{type: bearer, credential_ref: kimbap.internal.sealer}",
         "auth.credential_ref: names under kimbap.internal. are kimbap's own"},
        {"bearer", "actions.do.auth: not a map of keys to values"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(action_faults("path: /o, auth: " + std::string(row.auth)),
                    HasSubstr(row.fault));
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
