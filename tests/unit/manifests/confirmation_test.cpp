#include "manifests/confirmation.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kArgs =
    "method: POST, path: /o, args: [{name: order, required: true}, {name: note}, "
    "{name: pin, sensitive: true}], ";

std::optional<Confirmation> confirm_of(const std::string& text) {
    return load_action(std::string(kArgs) + "confirm: " + text).action().confirm;
}

std::string asked(const std::string& message, const char* arguments) {
    return question({message, false}, object(arguments));
}

TEST(ConfirmationTest, ReadsBothForms) {
    const auto brief = confirm_of("\"Cancel order {order}?\"");
    ASSERT_TRUE(brief);
    EXPECT_EQ(brief->message, "Cancel order {order}?");
    EXPECT_FALSE(brief->allow_without);
    const auto map = confirm_of("{message: \"Cancel {order}?\", without: allow}");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->message, "Cancel {order}?");
    EXPECT_TRUE(map->allow_without);
    EXPECT_FALSE(confirm_of("{message: \"Cancel {order}?\"}")->allow_without);
    EXPECT_FALSE(confirm_of("{message: \"Cancel {order}?\", without: deny}")->allow_without);
    EXPECT_FALSE(load_action("path: /o").action().confirm);
}

TEST(ConfirmationTest, FaultsSayWhereAndWhatWouldBeRight) {
    const struct {
        const char* confirm;
        const char* fault;
    } rows[] = {
        {"\"Cancel {ordre}?\"", "{ordre} is not an argument (did you mean \"order\"?)"},
        {"\"With {pin}?\"", "{pin} is sensitive: it may not be shown (leave it out)"},
        {"{message: \"With {pin}?\"}", "{pin} is sensitive"},
        {"{without: allow}", "message"},
        {"{message: \"Sure?\", without: ask}", "deny, allow"},
        {"{message: \"Sure?\", withuot: allow}", "without"},
        {"\"\"", "asks nothing"},
        {"[a]", "confirm"},
    };
    for (const auto& row : rows) {
        const std::string faults = action_faults(std::string(kArgs) + "confirm: " + row.confirm);
        EXPECT_THAT(faults, HasSubstr("m.yaml:4:")) << row.confirm;
        EXPECT_THAT(faults, HasSubstr(row.fault)) << row.confirm;
    }
    const std::string schema =
        "path: /o, schema: {type: object, properties: {pin: {type: string, sensitive: true}}}, ";
    EXPECT_THAT(action_faults(schema + "confirm: \"{pin}?\""), HasSubstr("sensitive"));
    EXPECT_THAT(action_faults(schema + "confirm: \"{pni}?\""),
                HasSubstr("{pni} is not an argument"));
}

TEST(ConfirmationTest, PutsTheArgumentsIntoTheQuestion) {
    EXPECT_EQ(asked("Cancel {order}?", R"({"order":"A-7"})"), "Cancel A-7?");
    EXPECT_EQ(asked("{n} of {list} {o}", R"({"n":3,"list":[1,"a"],"o":{"k":true}})"),
              R"(3 of [1,"a"] {"k":true})");
    EXPECT_EQ(asked("{n}", R"({"n":1e3})"), "1000");
    EXPECT_EQ(asked("Note: {note}, {gone}", R"({"note":null})"), "Note: (none), (none)");
    EXPECT_EQ(asked("Sure?", "{}"), "Sure?");
    EXPECT_EQ(asked("{a}", R"({"a":"{b}","b":"no"})"), "{b}");
}

TEST(ConfirmationTest, AValueCannotPassForSomethingElse) {
    EXPECT_EQ(asked("Cancel {order}?", "{\"order\":\"7?\\n\\nHarmless\\u202e\"}"),
              "Cancel 7?\\u{000A}\\u{000A}Harmless\\u{202E}?");
    const std::string order(2 * kMaxShownValue, 'x');
    const std::string cut = asked("Cancel {order}?", ("{\"order\":\"" + order + "\"}").c_str());
    EXPECT_EQ(cut, "Cancel " + order.substr(kMaxShownValue) + "… [400 bytes]?");
    std::string wide = "x";
    for (std::size_t i = 0; i < kMaxShownValue; ++i) wide += "é";
    const std::string whole = asked("{order}", ("{\"order\":\"" + wide + "\"}").c_str());
    EXPECT_THAT(whole, HasSubstr("é… [401 bytes]"));
    EXPECT_THAT(whole, Not(HasSubstr("\xEF\xBF\xBD")));
}

}  // namespace
}  // namespace kimbap::manifests::test
