#include "operator_api/body_fields.hpp"

#include <gmock/gmock.h>

#include "base/json_text.hpp"

namespace kimbap::operator_api {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::object parsed(std::string_view text) {
    return parse_json(text)->get_object();
}

TEST(BodyFieldsTest, GivesWhatIsThereAndEmptyForWhatIsNot) {
    const json::object body = parsed(R"({"agent":"bot","roles":["a","b"],"args":{"n":1}})");
    BodyFields fields(body);
    EXPECT_EQ(fields.text("agent"), "bot");
    EXPECT_EQ(fields.text("ttl"), "");
    EXPECT_THAT(fields.texts("roles"), ElementsAre("a", "b"));
    EXPECT_THAT(fields.texts("actions"), IsEmpty());
    EXPECT_EQ(fields.object("args").at("n"), 1);
    EXPECT_FALSE(fields.refusal());
}

TEST(BodyFieldsTest, RefusesEveryOtherTypeAndName) {
    const struct {
        std::string_view body;
        std::string_view says;
    } rows[] = {
        {R"({"agent":7})", R"(\"agent\" must be a string)"},
        {R"({"actions":"shop.*"})", R"(\"actions\" must be an array of strings)"},
        {R"({"actions":["shop.*",1]})", R"(\"actions\" must be an array of strings)"},
        {R"({"actions":null})", R"(\"actions\" must be an array of strings)"},
        {R"({"args":[]})", R"(\"args\" must be an object)"},
        {R"({"action":["shop.*"]})", R"(unknown member \"action\" (did you mean \"actions\"?))"},
        {R"({"agent":"a","zzz":1})", R"(unknown member \"zzz\")"},
    };
    for (const auto& row : rows) {
        const json::object body = parsed(row.body);
        BodyFields fields(body);
        static_cast<void>(fields.text("agent"));
        static_cast<void>(fields.texts("actions"));
        static_cast<void>(fields.object("args"));
        const auto refused = fields.refusal();
        ASSERT_TRUE(refused) << row.body;
        EXPECT_EQ(static_cast<unsigned>(refused->status), 400U);
        EXPECT_THAT(refused->body, HasSubstr(row.says)) << row.body;
    }
}

TEST(BodyFieldsTest, NamesEveryFaultAtOnce) {
    const json::object body = parsed(R"({"agent":7,"zzz":1})");
    BodyFields fields(body);
    static_cast<void>(fields.text("agent"));
    const auto refused = fields.refusal();
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->body, HasSubstr("agent"));
    EXPECT_THAT(refused->body, HasSubstr("zzz"));
}

}  // namespace
}  // namespace kimbap::operator_api
