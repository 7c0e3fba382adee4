#include "manifests/uri_template.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

UriTemplate parsed(std::string_view text) {
    auto out = UriTemplate::parse(text);
    EXPECT_TRUE(out) << text << ": " << out.error().message;
    return out ? std::move(*out) : *UriTemplate::parse("x:y");
}

UriTemplate::Values values(std::string_view text, std::string_view uri) {
    return parsed(text).match(uri).value_or(UriTemplate::Values{{"no", "match"}});
}

TEST(UriTemplateTest, TakesVariablesOutOfAUri) {
    EXPECT_THAT(values("shop://orders/{order}", "shop://orders/1001"),
                ElementsAre(Pair("order", "1001")));
    EXPECT_THAT(values("shop://{a}/x/{b.c}/y", "shop://1/x/2/y"),
                ElementsAre(Pair("a", "1"), Pair("b.c", "2")));
    EXPECT_THAT(values("shop:search?q={q}&n={n}", "shop:search?q=a%26b&n=3"),
                ElementsAre(Pair("q", "a&b"), Pair("n", "3")));
    EXPECT_THAT(values("shop:{a}-{b}", "shop:x-y-z"),
                ElementsAre(Pair("a", "x-y"), Pair("b", "z")));
}

TEST(UriTemplateTest, DecodesValues) {
    EXPECT_THAT(values("s:{v}", "s:a%2Fb%20%C3%A9"), ElementsAre(Pair("v", "a/b \xC3\xA9")));
    EXPECT_THAT(values("s:{v}", "s:%2e%2E"), ElementsAre(Pair("v", "..")));
}

TEST(UriTemplateTest, WithoutVariablesItIsOneUri) {
    const UriTemplate one = parsed("shop://stock/all.json?x=1");
    EXPECT_THAT(one.variables(), IsEmpty());
    EXPECT_TRUE(one.match("shop://stock/all.json?x=1"));
    EXPECT_FALSE(one.match("shop://stock/allxjson?x=1"));
    EXPECT_FALSE(one.match("shop://stock/all.json?x=1&y=2"));
}

TEST(UriTemplateTest, OtherUrisDoNotComeOfIt) {
    const UriTemplate one = parsed("shop://orders/{order}/items");
    for (const char* uri :
         {"shop://orders//items", "shop://orders/1", "shop://orders/1/2/items",
          "shop://orders/1?/items", "shop://orders/1#/items", "SHOP://orders/1/items",
          "xshop://orders/1/items", "shop://orders/1/itemsx", "", "shop://orders/%/items",
          "shop://orders/%zz/items", "shop://orders/%ff/items", "shop://orders/\xFF/items"}) {
        EXPECT_FALSE(one.match(uri)) << uri;
    }
    EXPECT_FALSE(one.match("shop://orders/" + std::string(10'000, 'x') + "/items"));
}

TEST(UriTemplateTest, TemplatesOfTheSameUrisHaveOneShape) {
    EXPECT_EQ(parsed("s:{a}/x").shape(), parsed("s:{b}/x").shape());
    EXPECT_NE(parsed("s:{a}/x").shape(), parsed("s:{a}/y").shape());
}

TEST(UriTemplateTest, FaultsSayWhatWouldBeRight) {
    const struct {
        const char* text;
        const char* fault;
    } rows[] = {
        {"", "is not a URI (begin it with a scheme"},
        {"orders/1", "is not a URI"},
        {"{scheme}:x", "is not a URI"},
        {"s:a b", "has characters that no URI has (percent-encode them)"},
        {"s:%zz", "has characters that no URI has"},
        {"s:{a}{b}", "two variables with nothing between them"},
        {"s:{a}/{a}", "{a} stands there twice"},
        {"s:{order-id}", "{order-id} is not a variable (letters, digits, _ and ., like {order})"},
        {"s:{+a}", "{+a} is not a variable"},
        {"s:{}", "{} is not a variable"},
        {"s:{a", "{a} is not a variable"},
        {"s:a}", "has characters that no URI has"},
    };
    for (const auto& row : rows) {
        const auto out = UriTemplate::parse(row.text);
        ASSERT_FALSE(out) << row.text;
        EXPECT_THAT(out.error().message, HasSubstr(row.fault)) << row.text;
    }
}

}  // namespace
}  // namespace kimbap::manifests::test
