#include "manifests/placeholders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimbap::manifests {
namespace {

using ::testing::ElementsAreArray;

TEST(PlaceholdersTest, AreNamesInBraces) {
    const struct {
        std::string text;
        std::vector<std::string> names;
        std::string expanded;
    } rows[] = {
        {"", {}, ""},
        {"plain", {}, "plain"},
        {"{a}", {"a"}, "<a>"},
        {"x{a}y{b-c_d.e}z", {"a", "b-c_d.e"}, "x<a>y<b-c_d.e>z"},
        {"{a}{a}", {"a", "a"}, "<a><a>"},
        {"{{a}}", {"a"}, "{<a>}"},
        {"{a", {}, "{a"},
        {"a}", {}, "a}"},
        {"{}", {}, "{}"},
        {"{ id }", {}, "{ id }"},
        {"query { viewer { id } }", {}, "query { viewer { id } }"},
        {"query { x(id: \"{id}\") { n } }", {"id"}, "query { x(id: \"<id>\") { n } }"},
        {"{\"k\": {v}}", {"v"}, "{\"k\": <v>}"},
        {"{ä}", {}, "{ä}"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(placeholders(row.text), ElementsAreArray(row.names)) << row.text;
        EXPECT_EQ(substitute(row.text,
                             [](std::string_view name) { return "<" + std::string(name) + ">"; }),
                  row.expanded);
    }
}

TEST(PlaceholdersTest, WhatIsSubstitutedIsNotExpandedAgain) {
    EXPECT_EQ(substitute("{a}-{b}",
                         [](std::string_view name) -> std::string {
                             return name == "a" ? "{b}" : "secret";
                         }),
              "{b}-secret");
}

TEST(PlaceholdersTest, ASolePlaceholderIsTheWholeTemplate) {
    EXPECT_EQ(sole_placeholder("{a}"), "a");
    EXPECT_EQ(sole_placeholder("{a.b-c_1}"), "a.b-c_1");
    for (const char* text : {"", "{}", "a", "{a} ", " {a}", "{a}{b}", "{a b}", "{a", "{{a}}"}) {
        EXPECT_EQ(sole_placeholder(text), "") << text;
    }
}

}  // namespace
}  // namespace kimbap::manifests
