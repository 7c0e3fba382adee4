#include "manifests/path.hpp"

#include "unit/manifests/support.hpp"

namespace kimbap::manifests::test {
namespace {

TEST(PathTest, LeadsToAValueOrNowhere) {
    const json::value root = parse(
        R"({"a": {"b": [10, {"c": "x"}, [1, 2]]}, "n": null, "d.e": 7, "f": {"g.h": 8}, "": 9})");
    const struct {
        const char* path;
        const char* value;  ///< "" for nowhere.
    } rows[] = {
        {"a.b[0]", "10"},   {"a.b[1].c", "\"x\""},
        {"a.b[2][1]", "2"}, {"a.b[-1][0]", "1"},
        {"a.b[-3]", "10"},  {"$.a.b[0]", "10"},
        {"n", "null"},      {"d.e", "7"},
        {"f.g.h", "8"},     {"a.x", ""},
        {"a.b[3]", ""},     {"a.b[-4]", ""},
        {"a.b[x]", ""},     {"a.b[0", ""},
        {"a.b[]", ""},      {"a.b[99999999999999999999]", ""},
        {"a[0]", ""},       {"a.b.c", ""},
        {"n.x", ""},        {"x.y.z", ""},
    };
    for (const auto& row : rows) {
        const json::value* found = at_path(root, row.path);
        EXPECT_EQ(found == nullptr ? "" : to_json(*found), row.value) << row.path;
    }
}

TEST(PathTest, TheEmptyPathIsTheRoot) {
    const json::value list = parse("[1, 2]");
    EXPECT_EQ(at_path(list, ""), &list);
    EXPECT_EQ(at_path(list, "$"), &list);
    EXPECT_EQ(to_json(*at_path(list, "[1]")), "2");
}

TEST(PathTest, FaultsOfPathsThatCanLeadNowhere) {
    const struct {
        const char* path;
        const char* fault;  ///< "" for none.
    } rows[] = {
        {"", ""},
        {"$", ""},
        {"$.a.b[0]", ""},
        {"[0]", ""},
        {"a[-1][2].b", ""},
        {"a.", ""},
        {"errors[0].message", ""},
        {"a[0", "a [ without its ]"},
        {"a[]", "[] is not the number of an element"},
        {"a[*]", "[*] is not the number of an element"},
        {"a[x].b", "[x] is not the number of an element"},
        {"a[99999999999999999999]", "[99999999999999999999] is not the number of an element"},
        {"a..b", "a step without a name"},
        {".a", "a step without a name"},
    };
    for (const auto& row : rows) EXPECT_EQ(path_fault(row.path), row.fault) << row.path;
    EXPECT_EQ(path_fault("a[*].b", Elements::one_or_all), "");
    EXPECT_EQ(path_fault("a[x].b", Elements::one_or_all), "[x] is not the number of an element");
}

}  // namespace
}  // namespace kimbap::manifests::test
