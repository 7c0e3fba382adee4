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

}  // namespace
}  // namespace kimbap::manifests::test
