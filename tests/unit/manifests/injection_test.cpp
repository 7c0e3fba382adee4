#include "manifests/injection.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using Place = Injection::Place;

Auth auth_of(AuthType type, std::string field = "", std::string prefix = "") {
    Auth auth;
    auth.type = type;
    auth.credential_ref = "shop.token";
    auth.field = std::move(field);
    auth.prefix = std::move(prefix);
    return auth;
}

RenderedRequest plain_request() {
    RenderedRequest request;
    request.url = "https://api.example.com/o";
    return request;
}

RenderedRequest rendered(const std::string& action, std::string_view arguments) {
    const One one = load_action(action);
    auto request = render(one.service, one.action(), object(arguments));
    EXPECT_TRUE(request) << request.error().message;
    return request ? std::move(*request) : RenderedRequest{};
}

/// The injection; what is wrong with it fails the test.
Injection injected(RenderedRequest& request, const Auth& auth, std::string_view secret) {
    auto made = inject(request, auth, secret);
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : Injection{};
}

TEST(InjectionTest, GoesWhereTheManifestSays) {
    const struct {
        Auth auth;
        std::string secret;
        Place place;
        std::string name;
        std::string value;
    } rows[]{
        {auth_of(AuthType::none), "s3cret", Place::nowhere, "", ""},
        {auth_of(AuthType::bearer), "s3cret", Place::header, "Authorization", "Bearer s3cret"},
        {auth_of(AuthType::oauth2), "s3cret", Place::header, "Authorization", "Bearer s3cret"},
        {auth_of(AuthType::basic), "user:pä:ss", Place::header, "Authorization",
         "Basic dXNlcjpww6Q6c3M="},
        {auth_of(AuthType::header, "X-Key", "Token "), "s3cret", Place::header, "X-Key",
         "Token s3cret"},
        {auth_of(AuthType::query, "api key"), "a&b c", Place::query, "api key",
         "api%20key=a%26b%20c"},
        {auth_of(AuthType::body, "key"), "s3", Place::body, "application/json", R"({"key":"s3"})"},
    };
    for (const auto& row : rows) {
        RenderedRequest request = plain_request();
        const std::string before = request.digest();
        const Injection made = injected(request, row.auth, row.secret);
        EXPECT_EQ(made.place, row.place) << name(row.auth.type);
        EXPECT_EQ(made.name, row.name) << name(row.auth.type);
        EXPECT_EQ(made.value.reveal(), row.value) << name(row.auth.type);
        EXPECT_EQ(request.digest(), before) << "the request itself never has it";
    }
}

TEST(InjectionTest, ReplacesWhatTheCallerPutThere) {
    RenderedRequest request = plain_request();
    request.headers = {{"authorization", "Bearer mine"}, {"Accept", "x"}};
    injected(request, auth_of(AuthType::bearer), "s3cret");
    EXPECT_THAT(request.headers, ElementsAre(Pair("Accept", "x")));

    request = plain_request();
    request.query = {{"key", "mine"}, {"q", "1"}, {"key", "mine too"}};
    injected(request, auth_of(AuthType::query, "key"), "s3cret");
    EXPECT_THAT(request.query, ElementsAre(Pair("q", "1")));

    const std::string action =
        R"(method: POST, path: /o, args: [{name: b, type: object}], request: {body: "{b}"})";
    request = rendered(action, R"({"b": {"key": "mine", "x": 1}})");
    EXPECT_EQ(injected(request, auth_of(AuthType::body, "key"), "s3cret").value.reveal(),
              R"({"x":1,"key":"s3cret"})");
}

TEST(InjectionTest, GoesIntoJsonFormAndEmptyBodies) {
    const Auth auth = auth_of(AuthType::body, "key");
    RenderedRequest request =
        rendered("method: POST, path: /o, args: [{name: a}]", R"({"a": "ü"})");
    EXPECT_EQ(injected(request, auth, "s\"3\n").value.reveal(), R"({"a":"ü","key":"s\"3\n"})");

    request = rendered(
        R"(method: POST, path: /o, args: [{name: a}], request: {encoding: form, body: {a: "{a}"}})",
        R"({"a": "x y"})");
    const Injection form = injected(request, auth, "s&3");
    EXPECT_EQ(form.value.reveal(), "a=x+y&key=s%263");
    EXPECT_EQ(form.name, "application/x-www-form-urlencoded");

    request = rendered("method: POST, path: /o, request: {encoding: form, body: {}}", "{}");
    EXPECT_EQ(injected(request, auth, "s3").value.reveal(), "key=s3");
}

TEST(InjectionTest, RefusesSecretsThatCantBeSentThereWithoutShowingThem) {
    const auto refused = [](RenderedRequest request, const Auth& auth, std::string_view secret) {
        const auto result = inject(request, auth, secret);
        if (result) return std::string("injected");
        EXPECT_EQ(result.error().code, Errc::invalid_argument);
        EXPECT_THAT(result.error().message, Not(HasSubstr("s3cret")));
        return result.error().message;
    };
    for (const Auth& auth : {auth_of(AuthType::bearer), auth_of(AuthType::oauth2),
                             auth_of(AuthType::header, "X-Key")}) {
        EXPECT_THAT(refused(plain_request(), auth, "s3cret\r\nX: 1"),
                    HasSubstr("the secret shop.token can't be sent in a header"));
        EXPECT_THAT(refused(plain_request(), auth, "s3cret\n"), HasSubstr("without line breaks"));
    }
    EXPECT_THAT(refused(plain_request(), auth_of(AuthType::basic), "s3cret"),
                HasSubstr("must be user:password"));
    const RenderedRequest list = rendered(
        R"(method: POST, path: /o, args: [{name: l, type: array}], request: {body: "{l}"})",
        R"({"l": [1]})");
    EXPECT_THAT(refused(list, auth_of(AuthType::body, "key"), "s3cret"),
                HasSubstr("this action's body has no fields"));
}

}  // namespace
}  // namespace kimbap::manifests::test
