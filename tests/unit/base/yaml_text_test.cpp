#include "base/yaml_text.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"
#include "base/yaml_reader.hpp"

namespace kimbap {
namespace {

TEST(YamlText, ReadsWell) {
    EXPECT_EQ(to_yaml(*parse_json(R"({"name": "shop", "version": "1.0.0", "count": 5, "empty": {},
        "auth": {"type": "bearer", "ref": "shop.token"},
        "actions": {"list": {"path": "/o/{id}", "args": [{"name": "id"}, {"name": "on"}]}}})")),
              "name: shop\n"
              "version: \"1.0.0\"\n"
              "count: 5\n"
              "empty: {}\n"
              "auth: {type: bearer, ref: shop.token}\n"
              "actions:\n"
              "  list:\n"
              "    path: \"/o/{id}\"\n"
              "    args:\n"
              "      - {name: id}\n"
              "      - {name: \"on\"}\n");
}

TEST(YamlText, ReadsBackAsWhatItWas) {
    for (const char* text :
         {R"({"a": "true", "b": true, "c": "1", "d": 1, "e": null, "f": "null", "g": "No"})",
          R"({"a b": {"c: d": [1, [2, {"x": []}], "- e", "#f", "multi\nline", ""]}})",
          R"([[], {}, "{x}", "é", 9223372036854775807, 18446744073709551615, -1, 0.5])",
          R"({"deep": {"a": {"b": {"c": [{"d": {"e": "f"}}]}}}})", "\"~\"", "{}"}) {
        const json::value value = *parse_json(text);
        Faults faults;
        const std::string yaml = to_yaml(value);
        const auto tree = parse_yaml("t.yaml", yaml, faults);
        ASSERT_TRUE(tree) << yaml << to_string(faults);
        const std::string file = "t.yaml";
        EXPECT_EQ(YamlReader(*tree, file, faults).to_json(), value) << yaml;
    }
}

}  // namespace
}  // namespace kimbap
